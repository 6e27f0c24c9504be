"""Photo files -> what they are and what they say of themselves, read in threads."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from pipeline.flow.survey import PhotoReading, read_photo
from pipeline.scan.identify import Identified, identify, identify_bytes, unreadable
from pipeline.scan.read_file import LARGEST_FILE_BYTES, read_metadata_part
from pipeline.scan.scan import FoundFile
from schemas.errors import PhotoError
from schemas.records import PhotoFile

_LARGE = 100_000_000  # bytes, of files that are in memory one at a time
_one_large = threading.Lock()


class NewFile(NamedTuple):
    """A file that was read for the first time, or after it changed."""

    identified: Identified
    reading: PhotoReading | None  # None where the file is skipped, unreadable, or far too large


def read_new(found: FoundFile) -> NewFile:
    """Read a file once: its identity, and what it says."""
    if found.skip is not None or found.size > LARGEST_FILE_BYTES:
        return NewFile(identify(found), None)
    with _one_large if found.size > _LARGE else nullcontext():
        try:
            data = Path(found.path).read_bytes()
        except OSError as error:
            return NewFile(unreadable(found, error), None)
        identified = identify_bytes(found, data)
        return NewFile(identified, read_photo(identified.photo, data))


def read_again(photo: PhotoFile) -> PhotoReading | None:
    """Read what a recorded photo says; None where its file cannot be read now."""
    try:
        return read_photo(photo, read_metadata_part(photo))
    except PhotoError:
        return None
