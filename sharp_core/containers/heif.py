"""What the `meta` box of a HEIF file says: its items, where they lie, their properties and groups.

Layout: ISO/IEC 14496-12 (`meta`); its parts are read by heif_parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import HeifError
from sharp_core.containers.heif_parts import (
    IN_FILE,
    IN_IDAT,
    Association,
    Group,
    HeifItem,
    Location,
    Reference,
    read_brands,
    read_groups,
    read_items,
    read_locations,
    read_primary,
    read_properties,
    read_references,
)
from sharp_core.containers.isobmff import Box, BoxReader, boxes

_SIZE_BYTES = 12  # of the content of `ispe`
_MOST_ITEM_BYTES = 1 << 20  # of an item that is no image


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
    items: dict[int, HeifItem]
    locations: dict[int, Location]
    references: tuple[Reference, ...]
    properties: tuple[Box, ...]
    associations: dict[int, tuple[Association, ...]]
    groups: tuple[Group, ...]

    def properties_of(self, entity_id: int) -> list[Box]:
        """Return the properties of an item or a group; those that do not exist are left out."""
        indices = [association.number for association in self.associations.get(entity_id, ())]
        return [self.properties[i - 1] for i in indices if 0 < i <= len(self.properties)]

    def size_of(self, item_id: int) -> tuple[int, int] | None:
        """Return an image's width and height in pixels, before any turn or crop."""
        for box in self.properties_of(item_id):
            if box.kind == b"ispe" and box.end - box.start == _SIZE_BYTES:
                read = self.content(box)
                read.full_box()
                return read.uint(4), read.uint(4)
        return None

    def item_data(self, item_id: int, most: int = _MOST_ITEM_BYTES) -> bytes:
        """Return an item's bytes, `most` of them; none where they lie in no place known here."""
        location = self.locations.get(item_id)
        if location is None or location.is_in_other_file:
            return b""
        start, end = 0, len(self.data)
        if location.method == IN_IDAT and b"idat" in self.parts:
            start, end = self.parts[b"idat"].start, min(self.parts[b"idat"].end, end)
        elif location.method != IN_FILE:
            return b""
        found = b""
        for offset, length in location.extents:
            stop = start + offset + (length or end)  # a length of zero means all that is left
            found += self.data[start + offset : min(stop, end, start + offset + most - len(found))]
            if len(found) >= most:
                break
        return found

    def describing(self, item_id: int, kind: bytes) -> list[int]:
        """Return the items of a kind that describe another item, as Exif and XMP do."""
        about: dict[int, tuple[int, ...]] = {}
        for reference in self.references:
            if reference.kind == b"cdsc":
                about[reference.from_id] = about.get(reference.from_id, ()) + reference.to_ids
        found = [item.item_id for item in self.items.values() if item.kind == kind]
        return [other for other in found if item_id in about.get(other, (item_id,))]

    def images(self) -> list[int]:
        """Return the images that are to be shown for themselves, in the file's order."""
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
        properties, associations = read_properties(data, parts[b"iprp"])
        return Heif(
            data,
            top,
            meta,
            parts,
            read_brands(data, kinds[b"ftyp"]),
            BoxReader(data, parts[b"hdlr"]).raw(12)[8:],
            read_primary(data, parts[b"pitm"]),
            read_items(data, parts[b"iinf"]),
            read_locations(data, parts[b"iloc"]),
            read_references(data, parts.get(b"iref")),
            properties,
            associations,
            read_groups(data, parts.get(b"grpl")),
        )
    except EOFError:
        raise HeifError("a part of the box 'meta' ends before its content does") from None
