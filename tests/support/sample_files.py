"""PNG and TIFF files of any depth and format, written here sample by sample from known pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pipeline.decode.decode import decode, read_header_size
from schemas.records import MediaType
from tests.support.pictures import png_chunk

Shares = npt.NDArray[np.float64]  # (H, W, C) of the brightest value, 0 to 1

WIDTH, HEIGHT = 48, 32


def color_picture(channels: int) -> Shares:
    """A smooth picture, each corner of which is another colour."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    return np.stack([x, y, 1 - x, (x + y) / 2], axis=-1)[..., :channels]


def opacity() -> Shares:
    """Opaque on the left, transparent on the right."""
    return np.tile(np.linspace(1, 0, WIDTH), (HEIGHT, 1))[..., None]


def stored(shares: Shares, bits: int, sample_format: int = 1) -> npt.NDArray[np.generic]:
    """The samples of a picture: whole numbers (1), signed ones (2) or floating point (3)."""
    if sample_format == 3:
        return shares.astype(f"f{bits // 8}")
    most = (1 << bits - (sample_format == 2)) - 1
    size = next(size for size in (1, 2, 4) if bits <= 8 * size)
    return np.round(shares * most).astype(f"{'i' if sample_format == 2 else 'u'}{size}")


def packed_rows(samples: npt.NDArray[np.generic], bits: int, order: str) -> list[bytes]:
    """Rows of samples as bytes, those of less than eight bits side by side."""
    if bits >= 8 and bits not in (10, 12, 14):
        kind = samples.dtype.newbyteorder(order)
        return [row.astype(kind).tobytes() for row in samples]
    rows = samples.reshape(len(samples), -1).astype(np.uint16)
    digits = rows[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint16) & 1
    return [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in digits]


def png_file(
    samples: npt.NDArray[np.generic],
    bits: int,
    color_type: int,
    chunks: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """A PNG; `chunks` lie between header and pixels."""
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    rows = b"".join(b"\0" + row for row in packed_rows(samples, bits, ">"))
    parts = [(b"IHDR", header), *(chunks or {}).items(), (b"IDAT", zlib.compress(rows))]
    made = b"".join(png_chunk(kind, content) for kind, content in (*parts, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + made


def tiff_file_of(
    samples: npt.NDArray[np.generic],
    bits: int,
    photometric: int,
    *,
    order: str = "<",
    extra: tuple[int, ...] = (),
    sample_format: int = 1,
    separate: bool = False,
    deflate: bool = False,
    predictor: int = 1,
    tile: int = 0,
    tags: Mapping[int, tuple[str, tuple[int, ...]]] | None = None,
) -> bytes:
    """A TIFF of strips of five rows, or of square tiles."""
    height, width, channels = samples.shape
    planes = [samples[..., n : n + 1] for n in range(channels)] if separate else [samples]
    pieces: list[npt.NDArray[np.generic]] = []
    for plane in planes:
        if tile:
            padding = ((0, -height % tile), (0, -width % tile), (0, 0))
            padded = np.pad(plane, padding, mode="edge")
            pieces += [
                padded[top : top + tile, left : left + tile]
                for top in range(0, height, tile)
                for left in range(0, width, tile)
            ]
        else:
            pieces += [plane[top : top + 5] for top in range(0, height, 5)]
    data = []
    for piece in pieces:
        rows = packed_rows(_predicted(piece, predictor), bits, order)
        if predictor == 3:
            rows = [_by_bytes(row, bits, piece.shape[2]) for row in packed_rows(piece, bits, ">")]
        joined = b"".join(rows)
        data.append(zlib.compress(joined) if deflate else joined)
    offsets = tuple(8 + sum(map(len, data[:n])) for n in range(len(data)))
    sizes = tuple(map(len, data))
    entries = {
        256: ("I", (width,)),
        257: ("I", (height,)),
        258: ("H", (bits,) * channels),
        259: ("H", (8 if deflate else 1,)),
        262: ("H", (photometric,)),
        277: ("H", (channels,)),
        284: ("H", (2 if separate else 1,)),
        317: ("H", (predictor,)),
        339: ("H", (sample_format,) * channels),
        **({338: ("H", extra)} if extra else {}),
        **(
            {322: ("I", (tile,)), 323: ("I", (tile,)), 324: ("I", offsets), 325: ("I", sizes)}
            if tile
            else {273: ("I", offsets), 278: ("I", (5,)), 279: ("I", sizes)}
        ),
        **(tags or {}),
    }
    at = 8 + sum(sizes)
    signature = b"II*\0" if order == "<" else b"MM\0*"
    return (
        signature + struct.pack(order + "I", at) + b"".join(data) + _directory(entries, order, at)
    )


def _predicted(piece: npt.NDArray[np.generic], predictor: int) -> npt.NDArray[np.generic]:
    if predictor != 2:
        return piece
    return np.diff(piece, axis=1, prepend=np.zeros_like(piece[:, :1])).astype(piece.dtype)


def _by_bytes(row: bytes, bits: int, channels: int) -> bytes:
    """A row for the floating point predictor: bytes by significance, then their differences."""
    planes = np.frombuffer(row, np.uint8).reshape(-1, bits // 8).T.ravel()
    differences = planes.copy()
    differences[channels:] -= planes[:-channels]
    return differences.tobytes()


def _directory(entries: Mapping[int, tuple[str, tuple[int, ...]]], order: str, at: int) -> bytes:
    values_at = at + 2 + 12 * len(entries) + 4
    packed, values = struct.pack(order + "H", len(entries)), b""
    for tag, (code, numbers) in sorted(entries.items()):
        content = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
        packed += struct.pack(order + "HHI", tag, {"H": 3, "I": 4}[code], len(numbers))
        if len(content) <= 4:
            packed += content.ljust(4, b"\0")
        else:
            packed += struct.pack(order + "I", values_at + len(values))
            values += content
    return packed + bytes(4) + values


def check_decoded(
    data: bytes, kind: MediaType, expected: np.ndarray, step: float = 1 / 255
) -> None:
    """Compare decoded pixels with shares of white, (H, W, 1 or 3).

    The truth is the image that the samples were made of, by the specifications' own arithmetic.
    The tolerance is half a step of the stored depth and one of the eight bits of the result.
    """
    assert read_header_size(data, kind) == (WIDTH, HEIGHT)
    got = decode(data, kind).astype(float)
    wanted = np.broadcast_to(expected, (HEIGHT, WIDTH, 3)) * 255
    # Colour, opacity and what is laid on white are rounded to eight bits each.
    assert np.abs(got - wanted).max() <= 255 * step / 2 + 1.51


def on_white(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return color * alpha + (1 - alpha)


def srgb(light: np.ndarray) -> np.ndarray:
    low, high = light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, low, high)
