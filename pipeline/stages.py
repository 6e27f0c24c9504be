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

import numpy as np
import numpy.typing as npt

from pipeline import decode
from pipeline.focal import resolve_focal
from pipeline.identify import photo_id_of
from pipeline.metadata import read_metadata
from pipeline.model import ResolvedModel
from pipeline.plan import scene_id_of
from pipeline.store import Store, is_disk_full, scene_path, thumb_path
from pipeline.thumbnail import thumbnail
from schemas.errors import FailureReason, PhotoError, SkipReason
from schemas.records import (
    DecodedPhoto,
    Done,
    Failed,
    PhotoFile,
    PhotoMeta,
    SceneRecord,
    Skipped,
)
from schemas.settings import PhotoSettings, SplatFormat
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.gaussians import Gaussians, depth_quantiles
from sharp_core.predictors.interface import Predictor, PredictorInput

SMALLEST_SIDE_PX = 256  # below this a network fed with 1536 px invents most of what it sees
WIDEST_ASPECT = 2.5  # beyond this a panorama is likelier than a pinhole camera
GENERATOR = f"sharp-batch {version('sharp-batch')}"
Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB
Packed = npt.NDArray[np.float32]  # Gaussians.to_array()


@dataclass(frozen=True, slots=True)
class DecodeStage:
    """File -> upright pixels, metadata, focal length and a stored thumbnail."""

    settings: PhotoSettings
    store: Store

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        """Return what is known of the photo and its pixels, or how it ends here."""
        started = time.perf_counter()
        meta: PhotoMeta | None = None
        try:
            data = read_unchanged(file)
            meta = read_metadata(data, file.media_type, read_sidecar(file.path))
            skipped = skip_by_size(file, meta, data, self.settings)
            if skipped is not None:
                return skipped
            pixels = decode.decode(
                data, file.media_type, meta.orientation, full_raw=self.settings.full_raw
            )
            height, width = pixels.shape[:2]
            focal = resolve_focal(meta.focal, width, height, self.settings.focal_35mm)
            picture = thumbnail(pixels)
            thumb = self.store.write(thumb_path(file.photo_id), lambda f: f.write(picture))
        except Exception as error:
            return failed(file, "decode", error, meta)
        seconds = time.perf_counter() - started
        return DecodedPhoto(file, meta, focal, width, height, thumb, seconds), pixels


class PredictStage:
    """Pixels and focal length -> Gaussians. `setup` loads the model, once a worker."""

    def __init__(self, model: ResolvedModel) -> None:
        self._model = model
        self._predictor: Predictor | None = None

    def setup(self) -> None:
        """Load the model, unless it is loaded."""
        if self._predictor is None:
            self._predictor = self._model.load()

    def process(
        self, photos: list[tuple[DecodedPhoto, Pixels]]
    ) -> list[tuple[Gaussians, float] | Failed]:
        """Return each photo's scene with the seconds it took, or its failure."""
        if self._predictor is None:
            raise RuntimeError("setup() comes before process()")
        started = time.perf_counter()
        inputs = [PredictorInput(pixels, photo.focal.px) for photo, pixels in photos]
        try:
            scenes = self._predictor.predict(inputs)
        except Exception as error:
            if len(photos) > 1:  # find the one at fault: each on its own
                return [self.process([photo])[0] for photo in photos]
            photo = photos[0][0]
            return [failed(photo.file, "predict", error, photo.meta, self._model.fingerprint)]
        seconds = (time.perf_counter() - started) / len(photos)
        return [(scene, seconds) for scene in scenes]


@dataclass(frozen=True, slots=True)
class EncodeStage:
    """Gaussians -> a stored splat and its record."""

    model: ResolvedModel
    settings: PhotoSettings
    format: SplatFormat
    store: Store

    def process(self, photo: DecodedPhoto, scene: Gaussians, seconds: float) -> Done | Failed:
        """Store the scene; `seconds` is what its prediction took."""
        started = time.perf_counter()
        file = photo.file
        try:
            scene.check()
            near, median, far = depth_quantiles(scene, (0.01, 0.5, 0.99))
            scene_id = scene_id_of(
                file.photo_id, file.media_type, self.model.fingerprint, self.settings
            )
            info = SceneInfo(photo.focal.px, photo.width, photo.height, file.photo_id, GENERATOR)
            splat = self.store.write(
                scene_path(scene_id, self.format),
                lambda out: write_scene(out, scene, info, format_name=self.format),
            )
        except Exception as error:
            fingerprint = self.model.fingerprint
            return failed(file, "encode", error, photo.meta, fingerprint)
        record = SceneRecord(
            scene_id=scene_id,
            photo_id=file.photo_id,
            model=self.model.name,
            model_fingerprint=self.model.fingerprint,
            format=self.format,
            splat=splat,
            gaussians=len(scene),
            depth_near_m=near,
            depth_median_m=median,
            depth_far_m=far,
            predict_seconds=seconds,
            encode_seconds=time.perf_counter() - started,
        )
        return Done(photo, record)


def skip_by_size(
    file: PhotoFile, meta: PhotoMeta, data: bytes, settings: PhotoSettings
) -> Skipped | None:
    """Return why a photo of this size is left alone, if it is. Raises PhotoError."""
    width, height = decode.probe(data, file.media_type)
    if min(width, height) < SMALLEST_SIDE_PX and not settings.allow_small:
        message = f"{width} x {height} px; the smallest side taken is {SMALLEST_SIDE_PX} px"
        return Skipped(file, SkipReason.TOO_SMALL, message, meta, width, height)
    if max(width, height) > WIDEST_ASPECT * min(width, height) and not settings.allow_wide:
        message = f"{width} x {height} px; longer than {WIDEST_ASPECT:g} : 1, as panoramas are"
        return Skipped(file, SkipReason.TOO_WIDE, message, meta, width, height)
    return None


def look_at(file: PhotoFile, settings: PhotoSettings) -> Skipped | Failed | None:
    """Return how the photo would end by its header alone; None where it would go on."""
    try:
        return skip_by_size(file, PhotoMeta(), read_unchanged(file), settings)
    except Exception as error:
        return failed(file, "decode", error)


def read_unchanged(file: PhotoFile) -> bytes:
    """Return the file's bytes. Raises PhotoError if they are not those that were identified."""
    data = Path(file.path).read_bytes()
    if photo_id_of(data) != file.photo_id:
        raise PhotoError(
            FailureReason.UNREADABLE,
            "the file changed while it was looked at; the next run takes it as it is then",
        )
    return data


def read_sidecar(path: str) -> bytes | None:
    """Return the photo's XMP sidecar, named PHOTO.xmp or PHOTO.jpg.xmp, if it has one."""
    for sidecar in (Path(path).with_suffix(".xmp"), Path(f"{path}.xmp")):
        try:
            return sidecar.read_bytes()
        except OSError:
            continue
    return None


def failed(
    file: PhotoFile,
    stage: str,
    error: Exception,
    meta: PhotoMeta | None = None,
    model_fingerprint: str | None = None,
) -> Failed:
    """Return the outcome of a photo that met `error`: no error of one photo ends a run."""
    match error:
        case PhotoError():
            reason, message = error.reason, error.message
        case MemoryError():
            reason, message = FailureReason.OUT_OF_MEMORY, "not enough memory"
        case OSError() if is_disk_full(error):
            reason, message = FailureReason.DISK_FULL, "no room left on the disk"
        case OSError():
            reason, message = FailureReason.UNREADABLE, error.strerror or str(error)
        case _:
            reason = FailureReason.MODEL_ERROR if model_fingerprint else FailureReason.UNREADABLE
            message = f"{type(error).__name__}: {error}"
    return Failed(file, stage, reason, message, socket.gethostname(), meta, model_fingerprint)
