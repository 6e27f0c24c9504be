"""Stereo pairs in JPEG files, read: where the images of an MPO lie, and what a JPS says of itself.

The counterpart of `jpeg_stereo`, which writes them. MPO: CIPA DC-007 (2009). JPS: VRex (1997).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from sharp_core.containers.jpeg import APP2, APP3, segments
from sharp_core.containers.tiff import Entry, TiffReader

_MPF, _JPS = b"MPF\0", b"_JPSJPS_"
_IMAGES, _BASELINE = 0xB002, 0xB206
_ENTRY_BYTES = 16
_TYPE_MASK, _DISPARITY_TYPE = 0x00FFFFFF, 0x00020002
_STEREO = 1
_HALF_HEIGHT, _HALF_WIDTH, _LEFT_FIRST = 1, 2, 4
_SIDE_BY_SIDE, _OVER_UNDER = 2, 3
_UNKNOWN_BASELINE = 0xFFFFFFFF

ByteOrder = Literal["little", "big"]


class MpoPair(NamedTuple):
    """Two whole JPEGs in one file, the left eye's first."""

    left: bytes
    right: bytes
    baseline_m: float | None  # None where the file does not tell


class JpsLayout(NamedTuple):
    """How both eyes lie in one image."""

    is_over_under: bool
    is_half: bool  # each eye is squeezed to half
    is_left_first: bool


def read_mpo(data: bytes) -> MpoPair | None:
    """Return the pair in an MPO; None where the file holds none.

    Phones write their gain maps and portraits as MPO too: those are of another type.
    """
    index = _directory(data)
    images = index.get(_IMAGES) if index else None
    if images is None:
        return None
    header_at = _header_at(data)
    order: ByteOrder = "little" if data[header_at : header_at + 2] == b"II" else "big"
    views = [
        place
        for at in range(0, len(images.data) - _ENTRY_BYTES + 1, _ENTRY_BYTES)
        if (place := _place(images.data[at : at + _ENTRY_BYTES], header_at, order))
    ]
    if len(views) != 2:
        return None
    left, right = (data[start : start + size] for start, size in views)
    own = _directory(right)  # of an image that is not the first: what is known of it alone
    return MpoPair(left, right, _metres(own.get(_BASELINE)) if own else None)


def read_jps(data: bytes) -> JpsLayout | None:
    """Return what the JPS segment says; None where there is none, or it is of another kind."""
    for marker, start, end in segments(data):
        if marker == APP3 and data.startswith(_JPS, start) and end - start >= 14:
            value = int.from_bytes(data[start + 10 : start + 14], "big")
            kind, layout, flags = value & 0xFF, value >> 8 & 0xFF, value >> 16 & 0xFF
            if kind != _STEREO or layout not in (_SIDE_BY_SIDE, _OVER_UNDER):
                return None
            squeezed = _HALF_HEIGHT if layout == _OVER_UNDER else _HALF_WIDTH
            return JpsLayout(
                layout == _OVER_UNDER, bool(flags & squeezed), bool(flags & _LEFT_FIRST)
            )
    return None


def _place(entry: bytes, header_at: int, order: ByteOrder) -> tuple[int, int] | None:
    """Return offset and size of an image, if it is one of a stereo pair's."""
    attribute, size, offset = (int.from_bytes(entry[at : at + 4], order) for at in (0, 4, 8))
    if attribute & _TYPE_MASK != _DISPARITY_TYPE:
        return None
    return (header_at + offset if offset else 0), size


def _header_at(data: bytes) -> int:
    """Return where the TIFF header of the MPF segment lies, which offsets count from; -1: none."""
    for marker, content, _ in segments(data):
        if marker == APP2 and data.startswith(_MPF, content):
            return content + len(_MPF)
    return -1


def _directory(jpeg: bytes) -> Mapping[int, Entry] | None:
    at = _header_at(jpeg)
    if at < 0:
        return None
    reader = TiffReader(jpeg[at:])
    return reader.directory(reader.first_offset).entries


def _metres(entry: Entry | None) -> float | None:
    if entry is None or len(entry.data) < 8:
        return None
    above, below = (int.from_bytes(entry.data[at : at + 4], "big") for at in (0, 4))
    if not above or not below or _UNKNOWN_BASELINE in (above, below):
        return None
    return above / below
