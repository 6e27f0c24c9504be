"""What the `meta` box of a HEIF file says: its items, where they lie, their properties and groups.

Layout: ISO/IEC 14496-12 (`meta`, `pitm`, `iinf`, `iref`, `iloc`, `grpl`) and 23008-12 (`iprp`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from schemas.errors import HeifError
from sharp_core.containers.isobmff import Box, BoxReader, boxes

HIDDEN = 1  # flag of an item's entry
IN_FILE, IN_IDAT = 0, 1  # construction methods of `iloc`
_ESSENTIAL_WIDE, _ESSENTIAL = 0x8000, 0x80


class Item(NamedTuple):
    """One item of a file: a picture, a tile of one, or a block of metadata."""

    item_id: int
    kind: bytes
    is_hidden: bool


class Location(NamedTuple):
    """Where an item's bytes lie. Offsets count from the file's, or from `idat`'s, beginning."""

    method: int
    extents: tuple[tuple[int, int], ...]  # offset, length


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


@dataclass(frozen=True, slots=True)
class Heif:
    """A HEIF file's structure."""

    data: bytes
    top: tuple[Box, ...]
    meta: Box
    parts: dict[bytes, Box]  # of `meta`
    brands: frozenset[bytes]
    handler: bytes
    primary_id: int
    items: dict[int, Item]
    locations: dict[int, Location]
    references: tuple[Reference, ...]
    properties: tuple[Box, ...]
    associations: dict[int, tuple[Association, ...]]
    groups: tuple[Group, ...]

    def properties_of(self, entity_id: int) -> list[Box]:
        """Return the properties of an item or a group; those that do not exist are left out."""
        indices = [association.number for association in self.associations.get(entity_id, ())]
        return [self.properties[i - 1] for i in indices if 0 < i <= len(self.properties)]

    def pictures(self) -> list[int]:
        """Return the pictures that are to be shown for themselves, in the file's order."""
        others = {ref.from_id for ref in self.references if ref.kind in (b"thmb", b"auxl")}
        return [
            item.item_id
            for item in self.items.values()
            if item.kind in (b"hvc1", b"grid") and not item.is_hidden and item.item_id not in others
        ]

    def content(self, box: Box) -> BoxReader:
        """Return a reader of a box's content."""
        return BoxReader(self.data, box)


def read_heif(data: bytes) -> Heif:
    """Read the structure of a HEIF file. Raises HeifError."""
    top = tuple(boxes(data))
    kinds = {box.kind: box for box in top}
    if b"ftyp" not in kinds or b"meta" not in kinds:
        raise HeifError("no HEIF file: it lacks the boxes 'ftyp' and 'meta'")
    meta = kinds[b"meta"]
    parts = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    for needed in (b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp"):
        if needed not in parts:
            raise HeifError(f"the box 'meta' lacks its part '{needed.decode()}'")
    try:
        properties, associations = _read_properties(data, parts[b"iprp"])
        return Heif(
            data,
            top,
            meta,
            parts,
            _read_brands(data, kinds[b"ftyp"]),
            BoxReader(data, parts[b"hdlr"]).raw(12)[8:],
            _read_primary(data, parts[b"pitm"]),
            _read_items(data, parts[b"iinf"]),
            _read_locations(data, parts[b"iloc"]),
            _read_references(data, parts.get(b"iref")),
            properties,
            associations,
            _read_groups(data, parts.get(b"grpl")),
        )
    except EOFError:
        raise HeifError("a part of the box 'meta' ends before its content does") from None


def _read_brands(data: bytes, ftyp: Box) -> frozenset[bytes]:
    read = BoxReader(data, ftyp)
    major = read.raw(4)
    read.raw(4)
    return frozenset({major, *(read.raw(4) for _ in range(read.left // 4))})


def _read_primary(data: bytes, pitm: Box) -> int:
    read = BoxReader(data, pitm)
    version, _ = read.full_box()
    return read.uint(4 if version else 2)


def _read_items(data: bytes, iinf: Box) -> dict[int, Item]:
    read = BoxReader(data, iinf)
    version, _ = read.full_box()
    read.uint(4 if version else 2)
    items = {}
    for box in boxes(data, iinf.end - read.left, iinf.end):
        entry = BoxReader(data, box)
        version, flags = entry.full_box()
        item_id = entry.uint(4 if version == 3 else 2)
        entry.uint(2)  # protection
        items[item_id] = Item(item_id, entry.raw(4), bool(flags & HIDDEN))
    return items


def _read_locations(data: bytes, iloc: Box) -> dict[int, Location]:
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
        read.uint(2)  # the file that holds the data
        base = read.uint(base_size)
        extents = []
        for _ in range(read.uint(2)):
            read.uint(index_size)
            offset = base + read.uint(offset_size)
            extents.append((offset, read.uint(length_size)))
        locations[item_id] = Location(method, tuple(extents))
    return locations


def _read_references(data: bytes, iref: Box | None) -> tuple[Reference, ...]:
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


def _read_properties(
    data: bytes, iprp: Box
) -> tuple[tuple[Box, ...], dict[int, tuple[Association, ...]]]:
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


def _read_groups(data: bytes, grpl: Box | None) -> tuple[Group, ...]:
    if grpl is None:
        return ()
    groups = []
    for box in boxes(data, grpl.start, grpl.end):
        read = BoxReader(data, box)
        version_and_flags, group_id = read.uint(4), read.uint(4)
        entities = tuple(read.uint(4) for _ in range(read.uint(4)))
        groups.append(Group(box.kind, version_and_flags, group_id, entities, read.left))
    return tuple(groups)
