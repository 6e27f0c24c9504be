"""What the boxes of a HEIF or AVIF file say that decoders do not check or do not pass on.

In: the whole file. Out: whether a part of it is missing, and what it says of its primary picture.
Layout: ISO 14496-12 (boxes, `meta`, `pitm`, `iloc`) and ISO 23008-12 (`iprp`, `irot`, `imir`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sharp_core.containers.cicp import Cicp
from sharp_core.containers.isobmff import Box, BoxReader, boxes

_VERSION_AND_FLAGS = 4  # bytes that open the content of some boxes


class Container(NamedTuple):
    """What a file says of itself and of its primary picture."""

    cut_off: bool = False  # something that it refers to lies beyond its end
    is_transformed: bool = False  # it rotates or mirrors the picture by itself
    cicp: Cicp | None = None  # the picture's colours, where numbers give them


def has_cut_off_box(data: bytes) -> bool:
    """Say whether a box of the file, at its top level, reaches beyond the end."""
    return any(box.end > len(data) for box in boxes(data))


def read_container(data: bytes) -> Container:
    """Read a HEIF or AVIF file. What cannot be read counts as not there; nothing is raised."""
    meta = next((box for box in boxes(data) if box.kind == b"meta"), None)
    if meta is None or meta.end > len(data):
        return Container(cut_off=has_cut_off_box(data))
    parts = {box.kind: box for box in boxes(data, meta.start + _VERSION_AND_FLAGS, meta.end)}
    try:
        # Only what is referred to need be there: padding and trailers may be cut without harm.
        cut_off = _end_of_items(data, parts[b"iloc"]) > len(data)
        properties = _properties(data, parts[b"iprp"], _primary_item(data, parts[b"pitm"]))
    except (KeyError, EOFError):
        return Container()
    return Container(
        cut_off=cut_off,
        is_transformed=any(box.kind in (b"irot", b"imir") for box in properties),
        cicp=next((c for c in (_cicp(data, box) for box in properties) if c), None),
    )


def _end_of_items(data: bytes, iloc: Box) -> int:
    """Return the offset after the last byte of any item."""
    read = BoxReader(data, iloc)
    version = read.uint(1)
    read.uint(3)
    sizes = read.uint(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    id_size = 4 if version == 2 else 2
    last = 0
    for _ in range(read.uint(id_size)):
        read.uint(id_size)
        stored_elsewhere = version and read.uint(2) & 15  # inside `meta`, or in another item
        stored_elsewhere |= read.uint(2)  # in another file
        base = read.uint(base_size)
        extents = read.uint(2)
        if not index_size + offset_size + length_size:
            extents = 0  # they take no bytes and say nothing
        for _ in range(extents):
            read.uint(index_size)
            end = base + read.uint(offset_size) + read.uint(length_size)
            last = max(last, 0 if stored_elsewhere else end)
    return last


def _primary_item(data: bytes, pitm: Box) -> int:
    read = BoxReader(data, pitm)
    version = read.uint(1)
    read.uint(3)
    return read.uint(4 if version else 2)


def _properties(data: bytes, iprp: Box, item: int) -> list[Box]:
    """Return the property boxes that are associated with an item."""
    parts = list(boxes(data, iprp.start, iprp.end))
    known = [p for part in parts if part.kind == b"ipco" for p in boxes(data, part.start, part.end)]
    indices: list[int] = []
    for part in parts:
        if part.kind == b"ipma":
            indices += _associations(data, part, item)
    return [known[index - 1] for index in indices if 0 < index <= len(known)]


def _associations(data: bytes, ipma: Box, item: int) -> Iterator[int]:
    read = BoxReader(data, ipma)
    version = read.uint(1)
    wide = read.uint(3) & 1
    for _ in range(read.uint(4)):
        owner = read.uint(4 if version else 2)
        for _ in range(read.uint(1)):
            index = read.uint(2) & 0x7FFF if wide else read.uint(1) & 0x7F
            if owner == item:
                yield index


def _cicp(data: bytes, box: Box) -> Cicp | None:
    if box.kind != b"colr" or data[box.start : box.start + 4] != b"nclx":
        return None
    read = BoxReader(data, Box(box.kind, box.start + 4, box.end))
    return Cicp(read.uint(2), read.uint(2))
