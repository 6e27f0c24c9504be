"""One photo that a caller names, of any size and shape: decoded as in a run, or an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.flow.decode_stage import DecodeStage, Pixels
from pipeline.scan.identify import identify
from pipeline.scan.scan import FoundFile
from pipeline.scan.sidecars import find_sidecars
from schemas.errors import PhotoError, UsageError
from schemas.outcomes import Failed, Skipped
from schemas.records import DecodedPhoto, PhotoFile
from schemas.settings import PhotoSettings


def decode_photo(photo: Path, settings: PhotoSettings) -> tuple[DecodedPhoto, Pixels]:
    """Return what is known of a photo, with its sidecars, and its upright pixels.

    Raises UsageError where a run would skip it, PhotoError where it would record it as failed.
    """
    decoded = DecodeStage(settings, store=None, is_scored=False).process(
        _identified(photo, settings.focal_35mm)
    )
    if isinstance(decoded, Skipped | Failed):
        raise error_of(photo, decoded)
    return decoded


def error_of(photo: Path, outcome: Skipped | Failed) -> PhotoError | UsageError:
    """Return the error that says what a run would record of the photo."""
    message = f"{photo}: {outcome.message} ({outcome.reason})"
    if isinstance(outcome, Skipped):
        return UsageError(message)
    return PhotoError(outcome.reason, message)


def _identified(photo: Path, focal_35mm: float | None) -> PhotoFile:
    try:
        stat = photo.stat()
    except OSError as error:
        raise UsageError(f"{photo}: {error.strerror}") from error
    path = str(photo.absolute())
    found = FoundFile(path, stat.st_size, stat.st_mtime_ns, context=find_sidecars(path))
    identified = identify(found)
    if identified.error is not None:
        raise UsageError(f"{photo}: {identified.error}")
    return replace(identified.photo, set_focal_35mm=focal_35mm)
