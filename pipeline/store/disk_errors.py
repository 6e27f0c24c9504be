"""What a disk refuses -> errors for people."""

from __future__ import annotations

import errno

from schemas.errors import PhotoError, RunError
from schemas.reasons import FailureReason

_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_disk_full(error: OSError) -> bool:
    """Tell whether the disk or the user's quota is full."""
    return error.errno in _FULL


def write_error(error: OSError, address: object, disk: str) -> PhotoError | RunError:
    """Return the error for people of a file at `address` that could not be written to `disk`."""
    if is_disk_full(error):
        return PhotoError(FailureReason.DISK_FULL, f"no room left on {disk}")
    return RunError(
        f"{address} cannot be written: {error.strerror or error}",
        "Fix that, then run the same command again: it resumes where it stopped.",
    )
