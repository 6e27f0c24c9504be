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
from pipeline.flow.content_rules import OWN_EXPORT_MESSAGE, skip_by_projection
from pipeline.flow.photo_look import look_at_photo
from pipeline.metadata.projection import (
    Projection,
    focal_in,
    resolve_projection,
    shows_two_circles,
)
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
                return Skipped(file, SkipReason.OWN_EXPORT, OWN_EXPORT_MESSAGE, meta)
            width, height = decode.read_header_size(
                data, file.media_type, meta.orientation, full_raw=self.settings.full_raw
            )
            projection = resolve_projection(meta, file.path, width, height)
            if not projection.is_by_camera:  # else the pixels tell what it is
                skipped = self._skip(file, meta, projection, width, height)
                if skipped is not None:
                    return skipped
            pixels = decode.decode(
                data, file.media_type, meta.orientation, full_raw=self.settings.full_raw
            )
            height, width = pixels.shape[:2]
            if projection.is_by_camera:
                if shows_two_circles(pixels):
                    projection = Projection(fisheye="the picture shows two circles")
                skipped = self._skip(file, meta, projection, width, height)
                if skipped is not None:
                    return skipped
            focal = focal_in(projection, meta, width, height, file.set_focal_35mm)
            depth_m = None
            if self.settings.photo_depth and projection.sphere is None:
                depth_m = coarse_photo_depth(data, file.media_type, meta.orientation, width, height)
            thumb = self._store_thumbnail(file.photo_id, pixels)
        except RunError:
            raise
        except Exception as error:
            return failed(file, Stage.DECODE, error, meta)
        # A score compares the scene with the photo, from one eye.
        is_scored = self.is_scored and projection.sphere is None
        look = look_at_photo(file, meta, pixels) if is_scored else None
        seconds = time.perf_counter() - started
        photo = DecodedPhoto(
            *(file, meta, focal, width, height, thumb, seconds, depth_m, look), projection.sphere
        )
        return photo, pixels

    def _skip(
        self, file: PhotoFile, meta: PhotoMeta, projection: Projection, width: int, height: int
    ) -> Skipped | None:
        found = _skip_by_content(projection, self.settings, width, height)
        if found is None:
            return None
        focal = None
        if projection.sphere is not None:  # recorded, so that the next run knows what it is
            focal = focal_in(projection, meta, width, height, None)
        return Skipped(file, *found, meta, width, height, focal)

    def _store_thumbnail(self, photo_id: str, pixels: Pixels) -> StoredFile:
        if self.store is None:
            return NOT_STORED
        picture = thumbnail(pixels)
        return self.store.write(ThumbnailPath(photo_id).path, lambda file: file.write(picture))


def _skip_by_content(
    projection: Projection, settings: PhotoSettings, width: int, height: int
) -> tuple[SkipReason, str] | None:
    """Return why a photo is skipped by its projection or its size, with a message."""
    found = skip_by_projection(projection, settings)
    if found is not None:
        return found
    reason = skip_by_size(width, height, settings, is_sphere=projection.sphere is not None)
    return None if reason is None else (reason, skip_message(reason, width, height))


def check_header(file: PhotoFile, settings: PhotoSettings) -> SkipReason | FailureReason | None:
    """Return how the photo would end by its header alone; None where it would go on."""
    try:
        data = read_source(file)
        meta = read_metadata(data, file.media_type)
        if meta.is_own_export:
            return SkipReason.OWN_EXPORT
        width, height = decode.read_header_size(
            data, file.media_type, meta.orientation, full_raw=settings.full_raw
        )
        projection = resolve_projection(meta, file.path, width, height)
        found = _skip_by_content(projection, settings, width, height)
        return None if found is None else found[0]
    except PhotoError as error:
        return error.reason
