"""Canon's CR3: its boxes -> the directories of its metadata, each a TIFF file of its own."""

from __future__ import annotations

from typing import NamedTuple

from sharp_core.containers.isobmff import boxes

_UUID_BYTES = 16
_IMAGE, _EXIF, _GPS = b"CMT1", b"CMT2", b"CMT4"


class Cr3Blocks(NamedTuple):
    """The blocks whose first directories are the image's, the Exif and the GPS directory."""

    image: bytes = b""
    exif: bytes = b""
    gps: bytes = b""


def is_cr3(data: bytes) -> bool:
    """Say whether a raw file is made of boxes."""
    return data[4:8] == b"ftyp"


def read_cr3(data: bytes) -> Cr3Blocks:
    """Return the blocks; what is missing is empty. Raises nothing."""
    found: dict[bytes, bytes] = {}
    for movie in boxes(data):
        if movie.kind != b"moov":
            continue
        for own in boxes(data, movie.start, movie.end):
            if own.kind != b"uuid":  # Canon's, the only one in there
                continue
            for box in boxes(data, own.start + _UUID_BYTES, own.end):
                found.setdefault(box.kind, data[box.start : box.end])
    return Cr3Blocks(*(found.get(kind, b"") for kind in (_IMAGE, _EXIF, _GPS)))
