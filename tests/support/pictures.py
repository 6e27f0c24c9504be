"""Pictures for the tests of decoding: made here, so that what must come out is known."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from tests.support.paths import DATA

Pixels = npt.NDArray[np.uint8]
DECODE_DATA = DATA / "decode"
ORIENTATIONS = range(1, 9)

_TIFF_KINDS = {"B": 1, "H": 3, "I": 4}


def scene(width: int = 96, height: int = 64) -> Pixels:
    """Return a smooth picture, no two corners of which are alike."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return (np.stack([x, y, 1 - (x + y) / 2], axis=-1) * 235 + 10).astype(np.uint8)


def as_stored(upright: Pixels, orientation: int) -> Pixels:
    """Return what a camera stores with an orientation: EXIF 2.32, 4.6.5, tag 274.

    There, each number says which sides of the scene the first row and the first column are.
    """
    stored = {
        1: upright,  # top, left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: upright.swapaxes(0, 1),  # left, top
        6: upright[:, ::-1].swapaxes(0, 1),  # right, top
        7: upright[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: upright[::-1].swapaxes(0, 1),  # left, bottom
    }[orientation]
    return np.ascontiguousarray(stored)


def encode(pixels: Pixels | Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file of a kind that Pillow or pillow-heif writes."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    if kind == "HEIF":
        options = {"quality": -1, "chroma": 444, **options}
        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def jpeg(pixels: Pixels, **options: object) -> bytes:
    """Return a JPEG of hardly any loss."""
    return encode(pixels, "JPEG", **{"quality": 97, "subsampling": 0, **options})


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def with_png_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """Return a PNG with a chunk put in after its header."""
    after_header = 8 + 12 + 13
    return png[:after_header] + png_chunk(kind, content) + png[after_header:]


def tiff_file(
    directories: Sequence[Mapping[int, tuple[str, Sequence[int]]]],
    data: Sequence[bytes] = (),
    *,
    signature: bytes = b"II*\0",
    sub_directories: int = 0,
) -> bytes:
    """Return a TIFF of directories, the last `sub_directories` of which are SubIFDs of the first.

    A value of -1 - n stands for the offset of data block n, and every block must be referred to.
    """
    order = ">" if signature.startswith(b"MM") else "<"
    chain = len(directories) - sub_directories
    parts = [dict(directory) for directory in directories]
    if sub_directories:
        parts[0][330] = ("I", [0] * sub_directories)  # filled in below
    sizes = [2 + 12 * len(d) + 4 + sum(_outside(v) for v in d.values()) for d in parts]
    starts = [8 + sum(sizes[:n]) for n in range(len(sizes))]
    blocks = [8 + sum(sizes) + sum(map(len, data[:n])) for n in range(len(data))]
    file = signature + struct.pack(order + "I", 8)
    for n, directory in enumerate(parts):
        if n == 0 and sub_directories:
            directory[330] = ("I", starts[chain:])
        following = starts[n + 1] if n + 1 < chain else 0
        file += _directory(directory, order, starts[n], following, blocks)
    return file + b"".join(data)


def _outside(value: tuple[str, Sequence[int]]) -> int:
    size = struct.calcsize("=" + value[0]) * len(value[1])
    return size if size > 4 else 0


def _directory(
    directory: Mapping[int, tuple[str, Sequence[int]]],
    order: str,
    start: int,
    following: int,
    blocks: Sequence[int],
) -> bytes:
    entries, outside = b"", b""
    end = start + 2 + 12 * len(directory) + 4
    for tag, (code, values) in sorted(directory.items()):
        known = [blocks[-1 - v] if v < 0 else v for v in values]
        packed = struct.pack(f"{order}{len(known)}{code}", *known)
        entries += struct.pack(order + "HHI", tag, _TIFF_KINDS[code], len(known))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", end + len(outside))
            outside += packed
    count = struct.pack(order + "H", len(directory))
    return count + entries + struct.pack(order + "I", following) + outside


def raw_file(
    preview: bytes,
    *,
    orientation: int = 1,
    signature: bytes = b"II*\0",
    thumbnail: tuple[int, int] = (256, 171),
    sensor: bytes = bytes(5000),
    dng: bool = True,
) -> bytes:
    """Return a file built like DNG and NEF: a small thumbnail first, then sensor data and preview.

    The thumbnail is stored as plain RGB, which is all that a TIFF reader finds.
    """
    width, height = thumbnail
    first = {
        254: ("I", [1]),
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8, 8, 8]),
        259: ("H", [1]),
        262: ("H", [2]),
        273: ("I", [-1]),
        274: ("H", [orientation]),
        277: ("H", [3]),
        278: ("I", [height]),
        279: ("I", [width * height * 3]),
    }
    if dng:
        first[50706] = ("B", [1, 4, 0, 0])
    sensor_part = {
        254: ("I", [0]),
        256: ("I", [4000]),
        257: ("I", [3000]),
        258: ("H", [16]),
        259: ("H", [1]),
        262: ("H", [32803]),
        273: ("I", [-2]),
        279: ("I", [len(sensor)]),
    }
    preview_part = {
        254: ("I", [1]),
        259: ("H", [7]),
        262: ("H", [6]),
        273: ("I", [-3]),
        279: ("I", [len(preview)]),
    }
    blocks = [bytes(width * height * 3), sensor, preview]
    parts = [first, sensor_part, preview_part]
    return tiff_file(parts, blocks, signature=signature, sub_directories=2)


def without_kind(heif: bytes, kind: bytes) -> bytes:
    """Return a HEIF file whose boxes of one kind nobody knows any more."""
    assert kind in heif
    return heif.replace(kind, b"free")


def same(got: Pixels, expected: Pixels, tolerance: int = 0) -> bool:
    """Say whether two pictures are of one size and alike in each pixel, within levels of 255."""
    if got.shape != expected.shape:
        return False
    difference = np.abs(got.astype(np.int16) - expected.astype(np.int16))
    return int(difference.max()) <= tolerance
