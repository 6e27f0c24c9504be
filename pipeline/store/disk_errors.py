"""What a disk refuses -> errors for people."""

from __future__ import annotations

import errno
from pathlib import Path

from schemas.errors import RESUME_HINT, PhotoError, RunError, UsageError
from schemas.reasons import FailureReason

_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_disk_full(error: OSError) -> bool:
    """Tell whether the disk or the user's quota is full."""
    return error.errno in _FULL


def no_space_left(place: object) -> str:
    """Return what people are told where the disk or the user's quota is full."""
    return f"no space left on {place}"


def disk_full(place: object) -> PhotoError:
    """Return the error that leaves a photo to a later run: `place` is full."""
    return PhotoError(FailureReason.DISK_FULL, no_space_left(place))


def check_folder_of(file: Path) -> None:
    """Raise UsageError where a file cannot be written: its folder is missing, or it is a folder."""
    folder = file.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"the folder {folder} does not exist", "Create it first.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", "Name a file in it.")


def write_error(error: OSError, address: object, disk: str) -> PhotoError | RunError:
    """Return the error for people of a file at `address` that could not be written to `disk`."""
    if is_disk_full(error):
        return disk_full(disk)
    return RunError(
        f"{address} cannot be written: {error.strerror or error}",
        f"Repair that. {RESUME_HINT}",
    )
