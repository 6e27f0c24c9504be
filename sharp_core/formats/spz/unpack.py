"""SPZ of versions 1 to 4 -> its header and its blocks of bytes, without torch."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.errors import FormatError
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.spz.layout import (
    FLAG_EXTENSIONS,
    HEADER_4,
    LEGACY_HEADER,
    MAGIC,
    TABLE_ENTRY,
    SpzHeader,
)
from sharp_core.formats.spz.zstd import load_zstd

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS + 16
# Extension records have tens of bytes. The rest after the blocks is read to verify the checksum.
_LONGEST_REST = 1 << 20

Bytes = npt.NDArray[np.uint8]


class SpzContent(NamedTuple):
    """An SPZ before its bytes become Gaussians."""

    header: SpzHeader
    blocks: list[Bytes]  # (points, width) each, as `header.block_widths` says
    extensions: bytes


def unpack_file(file: BinaryIO) -> SpzContent:
    """Unpack an open file. Raises FormatError if it is damaged."""
    return unpack(file.read())


def unpack(content: bytes) -> SpzContent:
    """Unpack a file. Raises FormatError if it is damaged."""
    if content[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
        return _unpack_gzip(content)
    if len(content) >= LEGACY_HEADER.size:
        magic, version, *_ = LEGACY_HEADER.unpack_from(content)
        if magic == MAGIC and version < 4:
            return _unpack_plain(content)
    return SpzContent(*_unpack_4(content))


def _unpack_gzip(content: bytes) -> SpzContent:
    stream = zlib.decompressobj(_GZIP_WINDOW)
    unread = content

    def read(size: int) -> bytes:
        nonlocal unread
        # For zlib a length of zero means no limit.
        block = stream.decompress(unread, size) if size else b""
        unread = stream.unconsumed_tail if size else unread
        return block

    try:
        unpacked = _unpack_legacy(read, len(content))
    except zlib.error:
        raise FormatError("its gzip stream is damaged") from None
    if not stream.eof:
        raise FormatError("its gzip stream is cut short, or goes on after the last Gaussian")
    return unpacked


def _unpack_plain(content: bytes) -> SpzContent:
    """Unpack what some tools write: versions 1 to 3 without the compression."""
    return _unpack_legacy(io.BytesIO(content).read, len(content))


def _unpack_legacy(read: Callable[[int], bytes], file_bytes: int) -> SpzContent:
    """Return header, blocks and the bytes that follow, for versions 1 to 3."""
    head = read(LEGACY_HEADER.size)
    if len(head) < LEGACY_HEADER.size:
        raise FormatError("it ends within its header")
    magic, version, points, degree, bits, flags, _ = LEGACY_HEADER.unpack(head)
    if magic != MAGIC or version > 3:
        raise FormatError("it is a gzip file, but not of an SPZ")
    header = SpzHeader(version, points, degree, bits, flags)
    header.check()
    check_plausible(points, file_bytes)
    blocks = []
    for width in header.block_widths():
        size = width * points
        block = read(size)
        if len(block) < size:
            raise FormatError(f"it is cut short: a block has {len(block)} of {size} bytes")
        blocks.append(np.frombuffer(block, dtype=np.uint8).reshape(points, width))
    rest = read(_LONGEST_REST)
    if rest and not flags & FLAG_EXTENSIONS:
        raise FormatError("it goes on after the last Gaussian")
    return SpzContent(header, blocks, rest)


def _unpack_4(content: bytes) -> tuple[SpzHeader, list[Bytes], bytes]:
    """Return header, blocks and extension records of version 4."""
    if len(content) < HEADER_4.size:
        raise FormatError("it is not an SPZ, or ends within its header")
    magic, version, points, degree, bits, flags, frames, table = HEADER_4.unpack_from(content)
    if magic != MAGIC:
        raise FormatError("it is not an SPZ")
    header = SpzHeader(version, points, degree, bits, flags)
    header.check()
    check_plausible(points, len(content))
    widths = [width for width in header.block_widths() if width]
    start = table + frames * TABLE_ENTRY.size
    if version != 4 or frames != len(widths) or not HEADER_4.size <= table <= start <= len(content):
        raise FormatError("its header does not describe a file of version 4")
    blocks = []
    entries = TABLE_ENTRY.iter_unpack(content[table:start])
    for width, (compressed, size) in zip(widths, entries, strict=True):
        if size != width * points or start + compressed > len(content):
            raise FormatError("its table does not fit its Gaussians, or it is cut short")
        block = _decompress(content[start : start + compressed], size)
        blocks.append(np.frombuffer(block, dtype=np.uint8).reshape(points, width))
        start += compressed
    if start != len(content):
        raise FormatError(f"{len(content) - start} bytes follow its last frame")
    return header, blocks, content[HEADER_4.size : table]


def _decompress(frame: bytes, size: int) -> bytes:
    zstd = load_zstd()
    stream = zstd.ZstdDecompressor()
    try:
        block: bytes = stream.decompress(frame, size + 1)
    except zstd.ZstdError:
        raise FormatError("one of its frames is damaged") from None
    if len(block) != size or not stream.eof or stream.unused_data:
        raise FormatError(f"one of its frames does not hold {size} bytes")
    return block
