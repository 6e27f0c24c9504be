"""A file's identity: the hash of its bytes, and its media type by content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.scan.media_type import HEADER_BYTES, media_type
from pipeline.scan.read_ahead import read_ahead
from pipeline.scan.scan import FoundFile
from schemas.reasons import SkipReason
from schemas.records import MediaType, PhotoFile

_ID_LENGTH = 32  # hex digits: 128 bits, no collision in any collection
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Identified:
    """A photo file that was read: its id and media type."""

    photo: PhotoFile
    skip: SkipReason | None = None  # the path is skipped
    error: str | None = None  # the file could not be read


def photo_id_of(data: bytes) -> str:
    """Return the id of the photo whose file holds `data`."""
    return hashlib.sha256(data).hexdigest()[:_ID_LENGTH]


def identify(found: FoundFile) -> Identified:
    """Read the file once, in blocks."""
    try:
        with Path(found.path).open("rb") as file:
            block = header = file.read(_BLOCK)
            digest = hashlib.sha256()
            while block:
                digest.update(block)
                block = file.read(_BLOCK)
    except OSError as error:
        return unreadable(found, error)
    return _identified(found, digest.hexdigest()[:_ID_LENGTH], header)


def identify_bytes(found: FoundFile, data: bytes) -> Identified:
    """Identify a file by all of its bytes, which were read before."""
    return _identified(found, photo_id_of(data), data)


def unreadable(found: FoundFile, error: OSError) -> Identified:
    """Return what stands for a file that could not be read: its id is made of its path."""
    stand_in = hashlib.sha256(b"unread:" + os.fsencode(found.path)).hexdigest()[:_ID_LENGTH]
    photo = PhotoFile(stand_in, found.path, found.size, found.mtime_ns, MediaType.UNREAD)
    return Identified(photo, found.skip, error.strerror or str(error))


def _identified(found: FoundFile, photo_id: str, data: bytes) -> Identified:
    kind = media_type(data[:HEADER_BYTES], Path(found.path).suffix)
    photo = PhotoFile(photo_id, found.path, found.size, found.mtime_ns, kind, context=found.context)
    return Identified(photo, found.skip)


def identify_all(files: Iterable[FoundFile]) -> Iterator[Identified]:
    """Identify files in order, and read a few ahead."""
    return read_ahead(identify, files)
