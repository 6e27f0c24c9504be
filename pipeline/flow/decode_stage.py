"""The first stage: a photo file -> upright pixels, what is known of it, and a stored thumbnail.

Like all stages a plain class without Ray, which is pickled to workers. Nothing that it needs
imports torch: a worker that decodes starts in a third of the time, and stays small.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.decode import decode
from pipeline.decode.photo_depth import coarse_photo_depth
from pipeline.decode.thumbnail import thumbnail
from pipeline.flow.photo_look import look_at_photo
from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.read_file import read_sidecar, read_source, read_unchanged
from pipeline.scan.size_rules import skip_by_size, skip_message
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from pipeline.work.failures import failed
from pipeline.work.time_limit import time_limit
from schemas.errors import OutOfTime, PhotoError, RunError
from schemas.execution_settings import StageLimits
from schemas.outcomes import Failed, Skipped, Stage
from schemas.reasons import FailureReason, SkipReason
from schemas.records import DecodedPhoto, PhotoFile, PhotoMeta, StoredFile
from schemas.settings import PhotoSettings

_LIMITS = StageLimits()
Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB
_OWN_EXPORT = "this program exported it from a library: the photo that it was made of is in there"
NOT_STORED = StoredFile("", 0, "")


@dataclass(frozen=True, slots=True)
class DecodeStage:
    """File -> upright pixels, metadata, focal length and a stored thumbnail."""

    settings: PhotoSettings
    store: Store | None  # where thumbnails go; None makes none
    limit_s: float = _LIMITS.decode_s
    is_scored: bool = True  # else no scene gets a score, nor a photo flags

    def process(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        """Return what is known of the photo and its pixels, or how it ends here."""
        try:
            with time_limit(self.limit_s):
                return self._decode(file)
        except OutOfTime as error:
            return failed(file, Stage.DECODE, error)

    def _decode(self, file: PhotoFile) -> tuple[DecodedPhoto, Pixels] | Skipped | Failed:
        started = time.perf_counter()
        meta: PhotoMeta | None = None
        try:
            data = read_unchanged(file)
            meta = read_metadata(data, file.media_type, read_sidecar(file))
            if meta.is_own_export:
                return Skipped(file, SkipReason.OWN_EXPORT, _OWN_EXPORT, meta)
            width, height = decode.read_header_size(
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
            focal = resolve_focal(meta.focal, width, height, file.set_focal_35mm)
            depth_m = None
            if self.settings.photo_depth:
                depth_m = coarse_photo_depth(data, file.media_type, meta.orientation, width, height)
            thumb = self._store_thumbnail(file.photo_id, pixels)
        except RunError:
            raise
        except Exception as error:
            return failed(file, Stage.DECODE, error, meta)
        look = look_at_photo(file, meta, pixels) if self.is_scored else None
        seconds = time.perf_counter() - started
        photo = DecodedPhoto(file, meta, focal, width, height, thumb, seconds, depth_m, look)
        return photo, pixels

    def _store_thumbnail(self, photo_id: str, pixels: Pixels) -> StoredFile:
        if self.store is None:
            return NOT_STORED
        picture = thumbnail(pixels)
        return self.store.write(ThumbnailPath(photo_id).path, lambda file: file.write(picture))


def check_header(file: PhotoFile, settings: PhotoSettings) -> SkipReason | FailureReason | None:
    """Return how the photo would end by its header alone; None where it would go on."""
    try:
        # The orientation changes neither the smallest side nor the aspect ratio.
        size = decode.read_header_size(
            read_source(file), file.media_type, full_raw=settings.full_raw
        )
        return skip_by_size(*size, settings)
    except PhotoError as error:
        return error.reason
