"""How the images of a HEIF or AVIF file are coded, in words, where decoders rarely read it."""

from __future__ import annotations

from schemas.errors import HeifError
from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.isobmff import boxes

_MINI = b"mini"  # the box of ISO 23008-12:2025 that stands for `meta` in small files
_UNCOMPRESSED = b"unci"
_COMPRESSION = b"cmpC"  # a property: how the bytes of uncompressed pixels are packed
_NAMES = {
    b"avc1": "AVC (H.264)",
    b"evc1": "EVC",
    b"j2k1": "JPEG 2000",
    b"jpeg": "JPEG",
    b"jxs1": "JPEG XS",
    b"vvc1": "VVC (H.266)",
}
_PACKINGS = {b"brot": "brotli", b"defl": "deflate", b"zlib": "zlib"}
_MOST_STEPS = 8  # from an image to the one that it is derived of


def rare_coding(data: bytes) -> str | None:
    """Return what a file is, such as "HEIF of uncompressed pixels"; None for HEVC and AV1.

    None too for what is damaged so that it cannot be told. Raises nothing.
    """
    if any(box.kind == _MINI for box in boxes(data)):
        return "HEIF with a `mini` box (brand mif3)"
    try:
        heif = read_heif(data)
    except HeifError:
        return None
    item_id = _coded_item(heif)
    kind = heif.items[item_id].kind if item_id in heif.items else b""
    if kind in _NAMES:
        return f"HEIF of {_NAMES[kind]} images"
    if kind != _UNCOMPRESSED:
        return None
    packings = [
        data[box.start + 4 : box.start + 8]
        for box in heif.properties_of(item_id)
        if box.kind == _COMPRESSION
    ]
    packed = f" packed by {_PACKINGS.get(packings[0], 'an unknown method')}" if packings else ""
    return f"HEIF of uncompressed pixels{packed} (ISO 23001-17)"


def has_sound_structure(data: bytes) -> bool:
    """Say whether the file's `meta` box can be read and names a primary image that is there."""
    try:
        heif = read_heif(data)
    except HeifError:
        return False
    return bool(heif.locations.get(heif.primary_id)) and heif.primary_id in heif.items


def _coded_item(heif: Heif) -> int:
    """Return the primary item, or the first of those that it is derived of."""
    item_id = heif.primary_id
    for _ in range(_MOST_STEPS):
        parts = (
            reference.to_ids
            for reference in heif.references
            if reference.kind == b"dimg" and reference.from_id == item_id and reference.to_ids
        )
        found = next(parts, None)
        if found is None:
            break
        item_id = found[0]
    return item_id
