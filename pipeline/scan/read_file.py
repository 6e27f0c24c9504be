"""A photo's file and its sidecar -> their bytes, unchanged."""

from __future__ import annotations

from pathlib import Path

from pipeline.scan.identify import photo_id_of
from schemas.errors import PhotoError, SourceError
from schemas.reasons import FailureReason
from schemas.records import ContextKind, PhotoFile

LARGEST_FILE_BYTES = 2_000_000_000


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


def read_sidecar(file: PhotoFile) -> bytes | None:
    """Return the photo's XMP sidecar; None if it has none, or it is gone since the scan."""
    for sidecar in file.context:
        if sidecar.kind is ContextKind.XMP:
            try:
                return Path(sidecar.path).read_bytes()
            except OSError:
                continue
    return None
