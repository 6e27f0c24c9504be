"""A photo's file and its sidecar -> their bytes, unchanged."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.scan.identify import photo_id_of
from schemas.errors import PhotoError, SourceError
from schemas.reasons import FailureReason
from schemas.records import ContextFile, ContextKind, MediaType, PhotoFile
from sharp_core.containers.jpeg import reaches_scan

LARGEST_FILE_BYTES = 2_000_000_000
_JPEG_HEAD_BYTES = 1 << 18  # most have their metadata, and a thumbnail, in less
_LARGEST_BESIDE = 100_000_000  # bytes; a sidecar has some thousand


def is_in_place(file: PhotoFile) -> bool:
    """Tell whether a file is there with the size and the time that the catalog knows."""
    try:
        found = os.stat(file.path)  # noqa: PTH116 - for many files
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (file.size, file.mtime_ns)


def read_unchanged(file: PhotoFile) -> bytes:
    """Return the file's bytes, checked to be those that were identified.

    Raises PhotoError, SourceError.
    """
    data = read_source(file)
    if photo_id_of(data) != file.photo_id:
        raise SourceError(FailureReason.UNREADABLE, "the file changed while it was read")
    return data


def read_source(file: PhotoFile) -> bytes:
    """Return the file's bytes, unchecked. Raises PhotoError, SourceError."""
    if file.size > LARGEST_FILE_BYTES:
        message = f"{file.size / 1e9:.1f} GB; no photo has more than {LARGEST_FILE_BYTES / 1e9:g}"
        raise PhotoError(FailureReason.TOO_LARGE, message)
    try:
        return Path(file.path).read_bytes()
    except OSError as error:
        raise SourceError(FailureReason.UNREADABLE, error.strerror or str(error)) from error


def read_metadata_part(file: PhotoFile) -> bytes:
    """Return the bytes of a file in which its metadata are; of a JPEG only the beginning.

    Raises PhotoError, SourceError.
    """
    if file.media_type is MediaType.JPEG and file.size > _JPEG_HEAD_BYTES:
        try:
            with Path(file.path).open("rb") as opened:
                head = opened.read(_JPEG_HEAD_BYTES)
        except OSError as error:
            raise SourceError(FailureReason.UNREADABLE, error.strerror or str(error)) from error
        if reaches_scan(head):
            return head
    return read_source(file)


def read_beside(file: ContextFile) -> bytes | None:
    """Return the bytes of a file beside a photo; None if it is gone now, or far too large."""
    try:
        return Path(file.path).read_bytes() if file.size <= _LARGEST_BESIDE else None
    except OSError:
        return None


def read_sidecar(file: PhotoFile) -> bytes | None:
    """Return the photo's XMP sidecar; None if it has none, or it is gone since the scan."""
    sidecars = (one for one in file.context if one.kind is ContextKind.XMP)
    return next((data for data in map(read_beside, sidecars) if data is not None), None)
