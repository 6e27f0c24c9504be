"""The parts of a HEIF file's `meta` box, each read into records. EOFError where one ends too early.

Layout: ISO/IEC 14496-12 (`pitm`, `iinf`, `iref`, `iloc`, `grpl`) and 23008-12 (`iprp`).
"""

from __future__ import annotations

from typing import NamedTuple

from sharp_core.containers.isobmff import Box, BoxReader, boxes

IN_FILE, IN_IDAT = 0, 1  # construction methods of `iloc`
_HIDDEN = 1  # flag of an item's entry
_ESSENTIAL_WIDE, _ESSENTIAL = 0x8000, 0x80


class HeifItem(NamedTuple):
    """One item of a file: an image, a tile of one, or a block of metadata."""

    item_id: int
    kind: bytes
    is_hidden: bool
    content_type: bytes = b""  # of an item of the kind `mime`


class Location(NamedTuple):
    """Where an item's bytes lie. Offsets count from the file's, or from `idat`'s, beginning."""

    method: int
    extents: tuple[tuple[int, int], ...]  # offset, length
    is_in_other_file: bool = False


class Reference(NamedTuple):
    """What one item says of others."""

    kind: bytes
    from_id: int
    to_ids: tuple[int, ...]


class Association(NamedTuple):
    """That a property, counted from 1, belongs to an item or a group."""

    number: int
    is_essential: bool


class Group(NamedTuple):
    """A group of items."""

    kind: bytes
    version_and_flags: int
    group_id: int
    entity_ids: tuple[int, ...]
    trailing_bytes: int


def read_brands(data: bytes, ftyp: Box) -> frozenset[bytes]:
    """Return the brands that a file calls itself by."""
    read = BoxReader(data, ftyp)
    major = read.raw(4)
    read.raw(4)
    return frozenset({major, *(read.raw(4) for _ in range(read.left // 4))})


def read_primary(data: bytes, pitm: Box) -> int:
    """Return the number of the primary item."""
    read = BoxReader(data, pitm)
    version, _ = read.full_box()
    return read.uint(4 if version else 2)


def read_items(data: bytes, iinf: Box) -> dict[int, HeifItem]:
    """Return the items by their numbers."""
    read = BoxReader(data, iinf)
    version, _ = read.full_box()
    read.uint(4 if version else 2)
    items = {}
    for box in boxes(data, iinf.end - read.left, iinf.end):
        entry = BoxReader(data, box)
        version, flags = entry.full_box()
        item_id = entry.uint(4 if version == 3 else 2)
        entry.uint(2)  # protection
        kind, name_and_type = entry.raw(4), entry.raw(entry.left).split(b"\0", 2)
        content_type = name_and_type[1] if kind == b"mime" and len(name_and_type) > 1 else b""
        items[item_id] = HeifItem(item_id, kind, bool(flags & _HIDDEN), content_type)
    return items


def read_locations(data: bytes, iloc: Box) -> dict[int, Location]:
    """Return where the data of each item lie."""
    read = BoxReader(data, iloc)
    version, _ = read.full_box()
    sizes = read.uint(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    id_size = 4 if version == 2 else 2
    locations = {}
    for _ in range(read.uint(id_size)):
        item_id = read.uint(id_size)
        method = read.uint(2) & 15 if version else IN_FILE
        is_in_other_file = bool(read.uint(2))
        base = read.uint(base_size)
        count = read.uint(2)
        if not index_size + offset_size + length_size:
            count = min(count, 1)  # more of them say nothing, and could be billions
        extents = []
        for _ in range(count):
            read.uint(index_size)
            offset = base + read.uint(offset_size)
            extents.append((offset, read.uint(length_size)))
        locations[item_id] = Location(method, tuple(extents), is_in_other_file)
    return locations


def read_references(data: bytes, iref: Box | None) -> tuple[Reference, ...]:
    """Return what items say of each other."""
    if iref is None:
        return ()
    version, _ = BoxReader(data, iref).full_box()
    size = 4 if version else 2
    references = []
    for box in boxes(data, iref.start + 4, iref.end):
        read = BoxReader(data, box)
        from_id = read.uint(size)
        to_ids = tuple(read.uint(size) for _ in range(read.uint(2)))
        references.append(Reference(box.kind, from_id, to_ids))
    return tuple(references)


def read_properties(
    data: bytes, iprp: Box
) -> tuple[tuple[Box, ...], dict[int, tuple[Association, ...]]]:
    """Return all properties, and which of them belong to each item or group."""
    properties: tuple[Box, ...] = ()
    associations: dict[int, tuple[Association, ...]] = {}
    for part in boxes(data, iprp.start, iprp.end):
        if part.kind == b"ipco":
            properties = tuple(boxes(data, part.start, part.end))
        elif part.kind == b"ipma":
            for entity_id, found in _read_associations(data, part):
                associations[entity_id] = (*associations.get(entity_id, ()), *found)
    return properties, associations


def _read_associations(data: bytes, ipma: Box) -> list[tuple[int, tuple[Association, ...]]]:
    read = BoxReader(data, ipma)
    version, flags = read.full_box()
    size, essential = (2, _ESSENTIAL_WIDE) if flags & 1 else (1, _ESSENTIAL)
    entries = []
    for _ in range(read.uint(4)):
        entity_id = read.uint(4 if version else 2)
        numbers = [read.uint(size) for _ in range(read.uint(1))]
        found = tuple(Association(n & ~essential, bool(n & essential)) for n in numbers)
        entries.append((entity_id, found))
    return entries


def read_groups(data: bytes, grpl: Box | None) -> tuple[Group, ...]:
    """Return the groups of items."""
    if grpl is None:
        return ()
    groups = []
    for box in boxes(data, grpl.start, grpl.end):
        read = BoxReader(data, box)
        version_and_flags, group_id = read.uint(4), read.uint(4)
        entities = tuple(read.uint(4) for _ in range(read.uint(4)))
        groups.append(Group(box.kind, version_and_flags, group_id, entities, read.left))
    return tuple(groups)
