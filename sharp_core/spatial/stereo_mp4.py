"""MP4 files of stereo video that say so: a box `st3d` in the description of their pictures.

As in Google's Spherical Video V2 RFC, which headsets and video sites read
(https://github.com/google/spatial-media/blob/master/docs/spherical-video-v2-rfc.md). It holds for
flat video too; the boxes of spherical video are left out.
"""

from __future__ import annotations

from enum import IntEnum

from sharp_core.containers.isobmff import Box, boxes, full_box_bytes

_SAMPLE_ENTRY_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
# Bytes before the boxes within: of `stsd`, version, flags and a count; of a visual sample entry,
# what ISO/IEC 14496-12 lists in 12.1.3.
_STSD_HEAD, _VISUAL_HEAD = 8, 78
_BOX_HEAD = 8
_STEREO_BOX = b"st3d"
_OFFSET_BOXES = {b"stco": 4, b"co64": 8}  # bytes of an offset


class StereoMode(IntEnum):
    """How both eyes lie in a frame, left eye first."""

    TOP_BOTTOM = 1
    SIDE_BY_SIDE = 2


def with_stereo_mode(mp4: bytes, mode: StereoMode) -> bytes:
    """Return an MP4 whose first track, of pictures, says how both eyes lie in them.

    Raises ValueError where it is no MP4 of one such track.
    """
    parents = _path_to_entry(mp4)
    stereo = full_box_bytes(_STEREO_BOX, bytes([mode]))
    at = parents[-1].end
    out = bytearray(mp4)
    for box in parents:
        _grow(out, box, len(stereo))
    for box in _offset_boxes(mp4, parents):
        _shift_offsets(out, box, at, len(stereo))
    return bytes(out[:at]) + stereo + bytes(out[at:])


def _path_to_entry(mp4: bytes) -> list[Box]:
    """Return the boxes around a visual sample entry, from the outermost, and the entry."""
    found: list[Box] = []
    start, end = 0, len(mp4)
    for kind in _SAMPLE_ENTRY_PATH:
        inner = next((box for box in boxes(mp4, start, end) if box.kind == kind), None)
        if inner is None:
            raise ValueError(f"an MP4 without a box {kind.decode()}")
        found.append(inner)
        start, end = inner.start, inner.end
    entry = next(boxes(mp4, start + _STSD_HEAD, end), None)
    if entry is None or entry.end - entry.start < _VISUAL_HEAD:
        raise ValueError("an MP4 whose track describes no pictures")
    if any(box.kind == _STEREO_BOX for box in boxes(mp4, entry.start + _VISUAL_HEAD, entry.end)):
        raise ValueError("an MP4 that says already how its eyes lie")
    return [*found, entry]


def _offset_boxes(mp4: bytes, parents: list[Box]) -> list[Box]:
    table = parents[_SAMPLE_ENTRY_PATH.index(b"stbl")]
    return [box for box in boxes(mp4, table.start, table.end) if box.kind in _OFFSET_BOXES]


def _grow(out: bytearray, box: Box, more: int) -> None:
    at = box.start - _BOX_HEAD
    size = int.from_bytes(out[at : at + 4], "big")
    if size != box.end - at:  # of 64 bits, or up to the end of the file
        raise ValueError(f"an MP4 whose box {box.kind.decode()} is too large to be changed")
    out[at : at + 4] = (size + more).to_bytes(4, "big")


def _shift_offsets(out: bytearray, box: Box, at: int, more: int) -> None:
    """Move the offsets of chunks that lie behind the new box."""
    width = _OFFSET_BOXES[box.kind]
    for place in range(box.start + 8, box.end, width):
        offset = int.from_bytes(out[place : place + width], "big")
        if offset >= at:
            out[place : place + width] = (offset + more).to_bytes(width, "big")
