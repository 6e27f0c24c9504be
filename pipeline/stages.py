"""The stages of a photo's way, as plain classes: decode, predict, encode. No Ray in here.

Each takes the record of the stage before and gives its own, or the photo's final outcome where it
ends early. A stage holds plain settings only, so it travels to a worker by pickling; what is heavy
is made by `setup`, once a worker.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline import decode
from pipeline.compact_scene import Compactor, CompactScene
from pipeline.focal import resolve_focal
from pipeline.identify import photo_id_of, scene_id_of
from pipeline.metadata import read_metadata
from pipeline.model import ResolvedModel
from pipeline.photo_depth import coarse_photo_depth
from pipeline.size_rules import skip_by_size, skip_message
from pipeline.splats import store_splat
from pipeline.store import Store, is_disk_full, thumb_path
from pipeline.thumbnail import thumbnail
from pipeline.time_limit import OutOfTime, time_limit
from schemas.errors import FailureReason, PhotoError, RunError, SkipReason, SourceError
from schemas.records import (
    ArtifactRecord,
    DecodedPhoto,
    Done,
    Failed,
    PhotoFile,
    PhotoMeta,
    SceneRecord,
    Skipped,
)
from schemas.settings import PhotoSettings, SplatSettings, StageLimits
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog_planes import SogPlanes
from sharp_core.gaussians import Gaussians
from sharp_core.predictors.interface import Predictor, PredictorInput
from sharp_core.predictors.memory import is_out_of_memory

LARGEST_FILE_BYTES = 2_000_000_000
READ_STAGE = "read"  # of failures that lie in the moment, and not in the photo
GENERATOR = f"sharp-batch {version('sharp-batch')}"
_LIMITS = StageLimits()
Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB


@dataclass(frozen=True, slots=True)
class DecodeStage:
    """File -> upright pixels, metadata, focal length and a stored thumbnail."""

    settings: PhotoSettings
    store: Store
    limit_s: float = _LIMITS.decode_s

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        """Return what is known of the photo and its pixels, or how it ends here."""
        try:
            with time_limit(self.limit_s):
                return self._decode(file)
        except OutOfTime as error:
            return failed(file, "decode", error)

    def _decode(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        started = time.perf_counter()
        meta: PhotoMeta | None = None
        try:
            data = read_unchanged(file)
            meta = read_metadata(data, file.media_type, read_sidecar(file.path))
            width, height = decode.probe(
                data, file.media_type, meta.orientation, full_raw=self.settings.full_raw
            )
            reason = skip_by_size(width, height, self.settings)
            if reason is not None:
                message = skip_message(reason, width, height)
                return Skipped(file, reason, message, meta, width, height)
            pixels = decode.decode(
                data, file.media_type, meta.orientation, full_raw=self.settings.full_raw
            )
            height, width = pixels.shape[:2]
            focal = resolve_focal(meta.focal, width, height, self.settings.focal_35mm)
            depth_m = None
            if self.settings.own_depth:
                depth_m = coarse_photo_depth(data, file.media_type, meta.orientation, width, height)
            picture = thumbnail(pixels)
            thumb = self.store.write(thumb_path(file.photo_id), lambda f: f.write(picture))
        except RunError:
            raise
        except Exception as error:
            return failed(file, "decode", error, meta)
        seconds = time.perf_counter() - started
        return DecodedPhoto(file, meta, focal, width, height, thumb, seconds, depth_m), pixels


class PredictStage:
    """Pixels and focal length -> Gaussians. `setup` loads the model, once a worker."""

    def __init__(
        self, model: ResolvedModel, compactor: Compactor, limit_s: float = _LIMITS.predict_s
    ) -> None:
        self.limit_s = limit_s
        self.scene_bytes = compactor.usual_bytes
        self._model = model
        self._compactor = compactor
        self._predictor: Predictor | None = None

    def setup(self) -> None:
        """Load the model, unless it is loaded."""
        if self._predictor is None:
            self._predictor = self._model.load()

    def process(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> list[tuple[CompactScene, float] | Failed]:
        """Return each photo's scene with the seconds it took, or its failure."""
        if self._predictor is None:
            raise RuntimeError("setup() comes before process()")
        started = time.perf_counter()
        inputs = [PredictorInput(pixels, photo.focal.px) for photo, pixels in photos]
        try:
            with time_limit(self.limit_s * len(photos)):
                scenes = self._predictor.predict(inputs)
        except (Exception, OutOfTime) as error:
            if len(photos) > 1:  # find the one at fault: each on its own
                return [self.process([photo])[0] for photo in photos]
            photo = photos[0][0]
            return [failed(photo.file, "predict", error, photo.meta, self._model.fingerprint)]
        seconds = (time.perf_counter() - started) / len(photos)
        return [
            self._compact(photo, scene, seconds)
            for (photo, _), scene in zip(photos, scenes, strict=True)
        ]

    def _compact(
        self, photo: DecodedPhoto, scene: Gaussians, seconds: float
    ) -> tuple[CompactScene, float] | Failed:
        started = time.perf_counter()
        try:
            compact = self._compactor.compact(scene, photo, info_of(photo))
        except Exception as error:
            return failed(photo.file, "predict", error, photo.meta, self._model.fingerprint)
        return compact, seconds + time.perf_counter() - started


class PreviewMaker(Protocol):
    """Makes previews of a scene that is in memory."""

    def of_gaussians(
        self, photo_id: str, scene_id: str, gaussians: Gaussians, info: SceneInfo
    ) -> tuple[ArtifactRecord, ...]:
        """Return the stored previews. Raises PhotoError, RunError."""
        ...


@dataclass(frozen=True, slots=True)
class EncodeStage:
    """A scene -> a stored splat and its record."""

    model: ResolvedModel
    settings: PhotoSettings
    splat: SplatSettings
    store: Store
    previews: PreviewMaker | None = None
    limit_s: float = _LIMITS.encode_s

    def process(self, photo: DecodedPhoto, scene: CompactScene, seconds: float) -> Done | Failed:
        """Store the scene; `seconds` is what its prediction took."""
        try:
            with time_limit(self.limit_s):
                return self._encode(photo, scene, seconds)
        except OutOfTime as error:
            return failed(photo.file, "encode", error, photo.meta, self.model.fingerprint)

    def _encode(self, photo: DecodedPhoto, scene: CompactScene, seconds: float) -> Done | Failed:
        started = time.perf_counter()
        file = photo.file
        try:
            scene_id = scene_id_of(
                file.photo_id, file.media_type, self.model.fingerprint, self.settings
            )
            content = scene.content
            splat = store_splat(
                self.store,
                scene_id,
                content if isinstance(content, SogPlanes) else scene.to_gaussians(),
                info_of(photo),
                self.splat,
            )
        except RunError:
            raise
        except Exception as error:
            fingerprint = self.model.fingerprint
            return failed(file, "encode", error, photo.meta, fingerprint)
        record = SceneRecord(
            scene_id=scene_id,
            photo_id=file.photo_id,
            model=self.model.name,
            model_fingerprint=self.model.fingerprint,
            format=self.splat.format,
            quality=self.splat.quality,
            splat=splat,
            gaussians=scene.gaussians,
            depth_near_m=scene.depth_near_m,
            depth_median_m=scene.depth_median_m,
            depth_far_m=scene.depth_far_m,
            depth_scale=scene.depth_scale,
            predict_seconds=seconds,
            encode_seconds=time.perf_counter() - started,
        )
        return Done(photo, record, self._previews(record, scene, info_of(photo)))

    def _previews(
        self, record: SceneRecord, scene: CompactScene, info: SceneInfo
    ) -> tuple[ArtifactRecord, ...]:
        """Make previews while the scene is in memory; what fails here `preview` tries again."""
        if self.previews is None:
            return ()
        try:
            gaussians = scene.to_gaussians()
            return self.previews.of_gaussians(record.photo_id, record.scene_id, gaussians, info)
        except PhotoError:
            return ()


def info_of(photo: DecodedPhoto) -> SceneInfo:
    """Return what makes the photo's scene metric and viewable."""
    return SceneInfo(photo.focal.px, photo.width, photo.height, photo.file.photo_id, GENERATOR)


def look_at(file: PhotoFile, settings: PhotoSettings) -> SkipReason | FailureReason | None:
    """Return how the photo would end by its header alone; None where it would go on."""
    try:
        # Which way it is turned changes neither the smallest side nor the aspect.
        size = decode.probe(read_source(file), file.media_type, full_raw=settings.full_raw)
        return skip_by_size(*size, settings)
    except PhotoError as error:
        return error.reason


def read_unchanged(file: PhotoFile) -> bytes:
    """Return the file's bytes, which are those that were identified.

    Raises PhotoError, SourceError.
    """
    data = read_source(file)
    if photo_id_of(data) != file.photo_id:
        raise SourceError(FailureReason.UNREADABLE, "the file changed while it was looked at")
    return data


def read_source(file: PhotoFile) -> bytes:
    """Return the file's bytes, whatever they are. Raises PhotoError, SourceError."""
    if file.size > LARGEST_FILE_BYTES:
        message = f"{file.size / 1e9:.1f} GB; no photo has more than {LARGEST_FILE_BYTES / 1e9:g}"
        raise PhotoError(FailureReason.TOO_LARGE, message)
    try:
        return Path(file.path).read_bytes()
    except OSError as error:
        raise SourceError(FailureReason.UNREADABLE, error.strerror or str(error)) from error


def read_sidecar(path: str) -> bytes | None:
    """Return the photo's XMP sidecar, named PHOTO.xmp or PHOTO.jpg.xmp, if it has one."""
    photo = Path(path)
    for sidecar in (
        photo.with_suffix(".xmp"),
        photo.with_suffix(".XMP"),
        photo.with_name(f"{photo.name}.xmp"),
    ):
        try:
            return sidecar.read_bytes()
        except OSError:
            continue
    return None


def failed(
    file: PhotoFile,
    stage: str,
    error: Exception | OutOfTime,
    meta: PhotoMeta | None = None,
    model_fingerprint: str | None = None,
) -> Failed:
    """Return the outcome of a photo that met `error`: no error of one photo ends a run."""
    match error:
        case SourceError():
            stage, reason = READ_STAGE, error.reason
            message = f"{error.message}; the next run looks at it again"
        case PhotoError():
            reason, message = error.reason, error.message
        case OutOfTime():
            reason, message = FailureReason.TIMEOUT, str(error)
        case _ if is_out_of_memory(error):
            reason, message = FailureReason.OUT_OF_MEMORY, "not enough memory"
        case OSError() if is_disk_full(error):
            reason, message = FailureReason.DISK_FULL, "no room left on the disk"
        case OSError():
            reason, message = FailureReason.UNREADABLE, error.strerror or str(error)
        case _:
            reason = FailureReason.MODEL_ERROR if model_fingerprint else FailureReason.UNREADABLE
            message = f"{type(error).__name__}: {error}"
    return Failed(file, stage, reason, message, socket.gethostname(), meta, model_fingerprint)
