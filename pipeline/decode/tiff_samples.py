"""The samples of a TIFF of any depth and format: its bytes -> (H, W, S) numbers as it stores them.

Pillow knows a list of combinations of depth, format and channels. libtiff, which decompresses for
it, knows no such limit. So an image outside that list is described to Pillow as what it is for
libtiff too: rows of bytes, one grey sample each. Layout: TIFF 6.0 and its technical notes 1 and 3.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from sharp_core.containers.tiff import LONG, SHORT, directory_bytes, integer_entry

Samples = npt.NDArray[np.generic]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIPS, _ORIENTATION, _PER_PIXEL, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 274, 277, 278, 279
_PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 284, 317, 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT, _ICC_PROFILE = 338, 339, 34675

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, LAB = 0, 1, 2, 3, 5, 8
CHANNELS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, LAB: 3}  # of colour

# What makes bytes of bytes: none, LZW, Deflate (twice), PackBits, LZMA, Zstandard.
_BYTE_CODECS = {1, 5, 8, 32946, 32773, 34925, 50000}
_SEPARATE_PLANES = 2
_FLOAT = 3  # of sample formats
_HORIZONTAL, _FLOATING_POINT = 2, 3  # predictors
_FORMATS = {  # sample format and bits -> a numpy type without byte order
    **{(1, bits): f"u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{(2, bits): f"i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{(3, bits): f"f{bits // 8}" for bits in (16, 32, 64)},
}
_MAX_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """How the first image of a TIFF is stored."""

    tags: ImageFileDirectory_v2
    order: str  # of bytes: "<" or ">"
    width: int
    height: int
    bits: int
    channels: int
    sample_format: int  # 1 whole numbers, 2 signed ones, 3 floating point
    photometric: int
    extra: tuple[int, ...]  # of ExtraSamples: 1 premultiplied opacity, 2 opacity, 0 unknown
    orientation: int
    icc_profile: bytes | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        return self.width, self.height


def read_layout(data: bytes) -> TiffLayout:
    """Read the first directory. Raises PhotoError, `unsupported`, what Pillow raises, KeyError."""
    file = io.BytesIO(data)
    header = file.read(16 if data[2:3] == b"\x2b" or data[3:4] == b"\x2b" else 8)
    tags = ImageFileDirectory_v2(header)
    file.seek(tags.next)
    tags.load(file)
    channels = tags.get(_PER_PIXEL, 1)
    bits = _one(tags.get(_BITS, (1,)), "bits a sample")
    photometric = tags.get(_PHOTOMETRIC, BLACK_IS_ZERO)
    if not CHANNELS.get(photometric, _MAX_CHANNELS + 1) <= channels <= _MAX_CHANNELS:
        found = f"{channels} samples a pixel, photometric interpretation {photometric}"
        raise _unsupported(found)
    compression = tags.get(_COMPRESSION, 1)
    if compression not in _BYTE_CODECS:
        raise _unsupported(f"{bits} bits a sample with compression {compression}")
    sample_format = _one(tags.get(_SAMPLE_FORMAT, (1,)), "sample formats")
    if photometric == LAB and sample_format == _FLOAT:
        raise _unsupported("L*a*b* in floating-point numbers")
    return TiffLayout(
        tags,
        "<" if data.startswith(b"II") else ">",
        tags[_WIDTH],
        tags[_HEIGHT],
        bits,
        channels,
        sample_format,
        photometric,
        tuple(tags.get(_EXTRA_SAMPLES, ())),
        tags.get(_ORIENTATION, 1),
        tags.get(_ICC_PROFILE),
    )


def read_samples(data: bytes, layout: TiffLayout) -> Samples:
    """Decompress the image: (H, W, S), of the type that it is stored in.

    Less than eight bits come as whole numbers from 0 on. Raises PhotoError, and what Pillow raises.
    """
    if layout.tags.get(_PLANAR, 1) == _SEPARATE_PLANES and layout.channels > 1:
        planes = [
            _unpacked(_plane(data, layout, 1, number), layout, 1)
            for number in range(layout.channels)
        ]
        return np.concatenate(planes, axis=2)
    return _unpacked(_plane(data, layout, layout.channels, 0), layout, layout.channels)


def _plane(data: bytes, layout: TiffLayout, channels: int, number: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of one plane's rows, (H, bytes of a row)."""
    tags, bits = layout.tags, layout.bits * channels
    is_tiled = _TILES in tags
    row_bytes = (_coded_width(layout) * bits + 7) // 8
    offsets, lengths = (_TILES, _TILE_BYTES) if is_tiled else (_STRIPS, _STRIP_BYTES)
    places, sizes = tags[offsets], tags[lengths]
    count = len(places) // (layout.channels if channels == 1 else 1)
    chosen = slice(number * count, (number + 1) * count)
    numbers = {
        _WIDTH: (row_bytes,),
        _HEIGHT: (layout.height,),
        _BITS: (8,),
        _COMPRESSION: (tags.get(_COMPRESSION, 1),),
        _PHOTOMETRIC: (1,),
        _FILL_ORDER: (tags.get(_FILL_ORDER, 1),),
        _PER_PIXEL: (1,),
        offsets: places[chosen],
        lengths: sizes[chosen],
    }
    if is_tiled:
        width = tags[_TILE_WIDTH] * bits
        if width % 8:
            raise _unsupported(f"{layout.bits} bits a sample in tiles of {tags[_TILE_WIDTH]} px")
        numbers |= {_TILE_WIDTH: (width // 8,), _TILE_HEIGHT: (tags[_TILE_HEIGHT],)}
    else:
        numbers[_ROWS_PER_STRIP] = (min(tags.get(_ROWS_PER_STRIP, layout.height), layout.height),)
    short = {_COMPRESSION, _PHOTOMETRIC, _BITS, _FILL_ORDER, _PER_PIXEL}
    entries = {
        tag: integer_entry(SHORT if tag in short else LONG, *values)
        for tag, values in numbers.items()
    }
    at = len(data) + len(data) % 2
    described = b"MM\0*" + at.to_bytes(4, "big") + data[8:].ljust(at - 8, b"\0")
    with TiffImageFile(io.BytesIO(described + directory_bytes(entries, at))) as image:
        image.load()
        return np.array(image)


def _unpacked(rows: npt.NDArray[np.uint8], layout: TiffLayout, channels: int) -> Samples:
    """Return rows of bytes as (H, W, S) samples, with the predictor undone."""
    predictor = layout.tags.get(_PREDICTOR, 1)
    width = _coded_width(layout)
    if layout.bits < 8 or layout.bits in (10, 12, 14):
        if predictor != 1:
            raise _unsupported(f"a predictor of {layout.bits} bits a sample")
        samples = _unpacked_bits(rows, layout.bits, width * channels)
        return samples.reshape(layout.height, width, channels)[:, : layout.width]
    kind = _FORMATS.get((layout.sample_format, layout.bits))
    if kind is None:
        raise _unsupported(f"{layout.bits} bits a sample of format {layout.sample_format}")
    # Differences begin anew at the left edge of each tile.
    tile = layout.tags[_TILE_WIDTH] if _TILES in layout.tags else width
    blocks = np.ascontiguousarray(rows).reshape(layout.height * (width // tile), -1)
    if predictor == _FLOATING_POINT:
        size = layout.bits // 8
        flat = np.cumsum(blocks.reshape(len(blocks), -1, channels), axis=1, dtype=np.uint8)
        # The most significant bytes of a row come first, then the next ones.
        flat = flat.reshape(len(blocks), size, tile * channels).transpose(0, 2, 1)
        samples = np.ascontiguousarray(flat).view(f">{kind}")
    else:
        samples = blocks.view(layout.order + kind)
    if predictor == _HORIZONTAL:
        native = samples.astype(kind).reshape(len(blocks), tile, channels)
        samples = np.cumsum(native, axis=1, dtype=native.dtype)
    return samples.reshape(layout.height, width, channels)[:, : layout.width]


def _coded_width(layout: TiffLayout) -> int:
    """Return the width with the part of the last tile that lies outside the image."""
    tile = layout.tags[_TILE_WIDTH] if _TILES in layout.tags else 1
    return -(-layout.width // tile) * tile


def _unpacked_bits(rows: npt.NDArray[np.uint8], bits: int, count: int) -> Samples:
    """Return samples that do not fill bytes, the first in the highest bits; rows begin anew."""
    made = np.empty((len(rows), count), np.uint16)
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint16)
    for number, row in enumerate(rows):
        digits = np.unpackbits(row)[: count * bits].reshape(count, bits)
        made[number] = digits @ weights
    return made


def _one(values: int | tuple[int, ...], what: str) -> int:
    """Return the value that all samples share."""
    found = set(values) if isinstance(values, tuple) else {values}
    if len(found) != 1:
        raise _unsupported(f"channels of different {what}")
    return found.pop()


def _unsupported(what: str) -> PhotoError:
    return PhotoError(FailureReason.UNSUPPORTED, f"this variety of TIFF is not supported: {what}")


# Pillow's own reader mistakes 16-bit images that are stored plane by plane for 8-bit ones.
TiffImagePlugin.READ_LIBTIFF = True
