"""A photo's metadata, read again because files beside it changed. No pixel is decoded."""

from __future__ import annotations

from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.read_file import read_sidecar, read_source
from schemas.errors import PhotoError
from schemas.outcomes import RereadMetadata
from schemas.records import PhotoFile


def reread_metadata(
    photo: PhotoFile, width: int | None, height: int | None
) -> RereadMetadata | None:
    """Return the photo's metadata; None where its file cannot be read now.

    `width` and `height` are of the upright photo, in pixels, where a run has decoded it.
    """
    try:
        data = read_source(photo)
    except PhotoError:
        return None
    meta = read_metadata(data, photo.media_type, read_sidecar(photo))
    focal = None
    if width is not None and height is not None:
        focal = resolve_focal(meta.focal, width, height, photo.set_focal_35mm)
    return RereadMetadata(photo, meta, focal)
