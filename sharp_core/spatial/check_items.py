"""Whether a HEIF file holds together: boxes, places of items, grids of tiles."""

from __future__ import annotations

from collections.abc import Iterator

from sharp_core.containers.heif import Heif
from sharp_core.containers.heif_parts import IN_FILE, IN_IDAT
from sharp_core.containers.isobmff import Box, boxes

_CONTAINERS = {b"iprp", b"ipco", b"grpl"}


def item_problems(heif: Heif) -> Iterator[str]:
    """Yield what is wrong with a file's boxes, brands, handler and places of items."""
    data = heif.data
    if heif.top[-1].end != len(data):
        yield "the file ends within a box, or has bytes behind the last one"
    inner = list(heif.parts.values())
    for kind in (b"iprp", b"grpl"):
        if kind in heif.parts:
            inner += _inside(data, heif.parts[kind])
    if any(box.end > heif.meta.end for box in inner) or heif.meta.end > len(data):
        yield "boxes reach beyond the box that they lie in"
    missing = {b"heic", b"mif1"} - heif.brands
    if missing:
        yield f"the file does not call itself {b', '.join(sorted(missing)).decode()}"
    if heif.handler != b"pict":
        yield f"the file's handler is {heif.handler!r}, not of images"
    for item_id in heif.items:
        if item_id not in heif.locations:
            yield f"item {item_id} lies nowhere"
    for item_id, location in heif.locations.items():
        spans = _spans(heif, location.method)
        for offset, length in location.extents:
            if not any(start <= offset and offset + length <= end for start, end in spans):
                yield f"item {item_id} lies outside the file's data"


def grid_problems(heif: Heif, item_id: int) -> Iterator[str]:
    """Yield what is wrong with an image that is made of tiles."""
    if heif.items[item_id].kind != b"grid":
        return
    location = heif.locations.get(item_id)
    if location is None or len(location.extents) != 1:
        yield f"the grid of item {item_id} is not one piece of data"
        return
    record = heif.item_data(item_id)
    wide = record[1:2] == b"\1"
    if len(record) != (12 if wide else 8):
        yield f"the grid of item {item_id} has a record of {len(record)} bytes"
        return
    rows, columns = record[2] + 1, record[3] + 1
    half = 4 + (len(record) - 4) // 2
    width, height = int.from_bytes(record[4:half], "big"), int.from_bytes(record[half:], "big")
    tiles = [
        tile
        for reference in heif.references
        if reference.kind == b"dimg" and reference.from_id == item_id
        for tile in reference.to_ids
    ]
    if len(tiles) != rows * columns:
        yield f"the grid of item {item_id} has {len(tiles)} tiles for {rows} x {columns} places"
    sizes = {heif.size_of(tile) for tile in tiles}
    if len(sizes) != 1 or None in sizes:
        yield f"the tiles of item {item_id} differ in size"
        return
    tile_width, tile_height = sizes.pop() or (0, 0)
    if columns * tile_width < width or rows * tile_height < height:
        yield f"the tiles of item {item_id} do not cover {width} x {height} px"
    if (width, height) != heif.size_of(item_id):
        yield f"the grid of item {item_id} and its size disagree"


def _spans(heif: Heif, method: int) -> list[tuple[int, int]]:
    """Return where data of an item may lie, by the beginning that its offsets count from."""
    if method == IN_FILE:
        return [
            (box.start, min(box.end, len(heif.data))) for box in heif.top if box.kind == b"mdat"
        ]
    idat = heif.parts.get(b"idat")
    return [(0, idat.end - idat.start)] if method == IN_IDAT and idat else []


def _inside(data: bytes, parent: Box) -> list[Box]:
    found = list(boxes(data, parent.start, parent.end))
    return found + [deep for box in found if box.kind in _CONTAINERS for deep in _inside(data, box)]
