"""The image that a camera puts into its raw file: the whole file's bytes -> one JPEG stream.

Every raw format holds JPEG previews, and every maker keeps them elsewhere: in a directory, a
private note, a box, a heap. So they are found by their own form, wherever they are; the file's
directories only tell which streams are no previews, how the image is turned, and what is missing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from sharp_core.containers.cr3 import is_cr3, read_cr3
from sharp_core.containers.exif import block_in
from sharp_core.containers.heif_image import has_cut_off_box
from sharp_core.containers.jpeg import END, START, JpegFrame, exif_contents, find_end, read_frame
from sharp_core.containers.tiff_structure import (
    STRIP_OFFSETS,
    TILE_OFFSETS,
    TiffStructure,
    is_adobe_rgb,
    is_image,
    orientation,
    read_tiff,
)

# Long sides in pixels. Thumbnails have up to 320, the smallest previews for a screen 640. A file
# that is cut off may have lost its larger previews, so what is left must do for a network's 1536.
_USABLE_SIDE = 512
_USABLE_SIDE_IF_CUT_OFF = 1400

_RAF_SIGNATURE = b"FUJIFILMCCD-RAW"
_RAF_POINTERS = (84, 92, 100)  # offset and length of the JPEG, the sensor's header, its data


class RawPreview(NamedTuple):
    """A JPEG stream, and what its raw file says of it."""

    jpeg: bytes
    orientation: int | None  # EXIF's, 1 to 8; None where the raw file says nothing
    is_adobe_rgb: bool  # the raw file says that its colours are Adobe RGB's


class _Stream(NamedTuple):
    frame: JpegFrame
    start: int
    end: int | None  # None: cut off

    @property
    def long_side(self) -> int:
        return max(self.frame.width, self.frame.height)


def largest_preview(data: bytes) -> RawPreview:
    """Return the largest preview of a raw file.

    Raises PhotoError: `truncated` where the file is cut off and no good preview is left,
    `unsupported` where it never held one.
    """
    tiff = read_tiff(read_cr3(data).image if is_cr3(data) else data)
    streams = list(_streams(data, _starts_of_pieces(tiff)))
    whole = [stream for stream in streams if stream.end is not None]
    best = max(whole, key=lambda stream: stream.frame.width * stream.frame.height, default=None)
    cut_off = _is_cut_off(data, tiff) or len(whole) < len(streams)
    usable = _USABLE_SIDE_IF_CUT_OFF if cut_off else _USABLE_SIDE
    if best is not None and best.long_side >= usable:
        jpeg = data[best.start : best.end]
        turned = orientation(tiff) or _orientation_of_jpeg(jpeg)
        return RawPreview(jpeg, turned, is_adobe_rgb(tiff))
    if cut_off:
        raise PhotoError(FailureReason.TRUNCATED, "the raw file is cut off: its end is missing")
    found = f"only one of {best.frame.width} x {best.frame.height} px" if best else "none"
    raise PhotoError(
        FailureReason.UNSUPPORTED,
        f"raw files are read by their preview, and this one holds {found}; to develop raw files"
        " instead, install sharp-batch[raw] and use --full-raw",
    )


def _streams(data: bytes, excluded: set[int]) -> Iterator[_Stream]:
    """Yield all JPEG images that start anywhere in the file, those inside others too."""
    end: int | None = 0
    start = data.find(START)
    while start >= 0:
        frame = None if start in excluded else read_frame(data, start)
        if frame is not None and frame.is_image:
            # One search serves all the streams that start before its result.
            if end is not None and end < frame.scan_start + len(END):
                end = find_end(data, frame.scan_start)
            yield _Stream(frame, start, end)
        start = data.find(START, start + 1)


def _starts_of_pieces(tiff: TiffStructure) -> set[int]:
    """Return where the tiles of larger images and the sensor's data begin: no previews."""
    starts: set[int] = set()
    for ifd in tiff.ifds:
        offsets = ifd.get(STRIP_OFFSETS, ()) + ifd.get(TILE_OFFSETS, ())
        if len(offsets) > 1 or not is_image(ifd):
            starts.update(offsets)
    return starts


def _orientation_of_jpeg(jpeg: bytes) -> int | None:
    blocks = (block_in(content) for content in exif_contents(jpeg))
    return next(filter(None, (orientation(read_tiff(block)) for block in blocks)), None)


def _is_cut_off(data: bytes, tiff: TiffStructure) -> bool:
    if is_cr3(data):
        return has_cut_off_box(data)
    if data.startswith(_RAF_SIGNATURE):
        pointers = (data[at : at + 8] for at in _RAF_POINTERS)
        ends = (sum(struct.unpack(">II", pointer.ljust(8, b"\0"))) for pointer in pointers)
        return any(end > len(data) for end in ends)
    return tiff.cut_off
