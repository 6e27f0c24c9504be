"""HEIF and AVIF files with properties that no encoder at hand writes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.heif_parts import IN_FILE
from sharp_core.containers.isobmff import Box, box_bytes, full_box_bytes


def with_properties(data: bytes, properties: Sequence[bytes], essential: bool = True) -> bytes:
    """Return a file whose primary picture has these property boxes, in their order.

    Transforms that it has already are removed.
    """
    heif = read_heif(data)
    known = [_raw(data, box) for box in heif.properties]
    first = len(known) + 1
    associations = dict(heif.associations)
    own = [
        a
        for a in associations.get(heif.primary_id, ())
        if heif.properties[a.number - 1].kind not in (b"irot", b"imir", b"clap")
    ]
    entries = b""
    for item, found in sorted({**associations, heif.primary_id: tuple(own)}.items()):
        numbers = [a.number | a.is_essential << 15 for a in found]
        if item == heif.primary_id:
            numbers += [first + n | essential << 15 for n in range(len(properties))]
        entries += struct.pack(f">HB{len(numbers)}H", item, len(numbers), *numbers)
    ipma = full_box_bytes(
        b"ipma", struct.pack(">I", len({**associations, heif.primary_id: ()})) + entries, flags=1
    )
    ipco = box_bytes(b"ipco", b"".join([*known, *properties]))
    changed = {b"iprp": box_bytes(b"iprp", ipco + ipma), b"iloc": _iloc(heif, 0)}
    start = heif.meta.start - 8
    growth = len(_meta(heif, changed)) - (heif.meta.end - start)
    changed[b"iloc"] = _iloc(heif, growth)
    return data[:start] + _meta(heif, changed) + data[heif.meta.end :]


def clap(width: tuple[int, int], height: tuple[int, int], x: tuple[int, int], y: tuple[int, int]):
    """A clean aperture of fractions."""
    return box_bytes(b"clap", struct.pack(">IIIIiIiI", *width, *height, *x, *y))


def irot(quarter_turns: int) -> bytes:
    return box_bytes(b"irot", bytes([quarter_turns]))


def imir(axis: int) -> bytes:
    return box_bytes(b"imir", bytes([axis]))


def _iloc(heif: Heif, growth: int) -> bytes:
    content = b"\x44\x00" + struct.pack(">H", len(heif.locations))
    for item, place in heif.locations.items():
        content += struct.pack(">HHHH", item, place.method, 0, len(place.extents))
        for offset, length in place.extents:
            moved = offset + (growth if place.method == IN_FILE else 0)
            content += struct.pack(">II", moved, length)
    return full_box_bytes(b"iloc", content, version=1)


def _meta(heif: Heif, changed: dict[bytes, bytes]) -> bytes:
    parts = [changed.get(kind) or _raw(heif.data, box) for kind, box in heif.parts.items()]
    return full_box_bytes(b"meta", b"".join(parts))


def _raw(data: bytes, box: Box) -> bytes:
    return data[box.start - 8 : box.end]
