"""Where a container keeps its metadata: a file's bytes -> its EXIF blocks and its XMP text.

An EXIF block begins with a TIFF header and its offsets count from there; a CR3 holds several.
Nothing here decodes pixels, so a file whose pixels are cut off still gives its metadata.
Layouts: JPEG APP1 (Exif 3.0, 4.5.4), PNG chunks (PNG 3rd edition, 5.3), RIFF (WebP container
specification), CR3 as Canon writes it.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from schemas.records import MediaType

_TIFF_HEADER = re.compile(rb"II\*\x00|MM\x00\*")
_TIFF_HEADER_SEARCH = 32  # bytes: an offset, "Exif\0\0" or a JPEG marker may come before it
_WRAPPED_EXIF = re.compile(rb"(?:Exif\0\0|\0TTW.{4})(?=II\*\0|MM\0\*)", re.DOTALL)
_SEARCHED = {MediaType.HEIF, MediaType.AVIF, MediaType.RAW}
_MOST_EXIF = 1 << 18  # bytes, of a block of unknown size: cameras write less than 64 kB
_CR3_METADATA = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")  # the uuid of Canon's box


@dataclass(frozen=True, slots=True)
class MetadataBlocks:
    """The metadata of one file, still packed."""

    exif: tuple[bytes, ...] = ()
    gps: bytes | None = None  # a GPS IFD that stands alone, as in CR3
    xmp: bytes | None = None
    intrinsics_focal_px: float | None = None


def find_blocks(data: bytes, media_type: MediaType) -> MetadataBlocks:
    """Find the metadata in a file's bytes. A container too broken to be followed has none."""
    exif: list[bytes] = []
    gps = focal_px = None
    # Whatever a broken file makes a reader raise, the photo is not lost for its metadata, and the
    # blocks found before the broken part are kept.
    with suppress(Exception):
        if media_type is MediaType.HEIF:
            block, focal_px = _read_heif(data)
            exif.append(block)
        elif media_type is MediaType.RAW and data[4:8] == b"ftyp":
            *blocks, gps = _find_in_cr3(data)
            exif.extend(blocks)
        elif finder := _FINDERS.get(media_type):
            exif.extend(finder(data))
    if not any(exif) and media_type in _SEARCHED:
        exif = [_find_wrapped(data)]
    return MetadataBlocks(tuple(filter(None, exif)), gps, find_xmp(data), focal_px)


def find_xmp(data: bytes) -> bytes | None:
    """Return the RDF of the first XMP packet; every container keeps it as plain text."""
    start = data.find(b"<rdf:RDF")
    end = data.find(b"</rdf:RDF>", start)
    return data[start : end + len(b"</rdf:RDF>")] if 0 <= start < end else None


def _from_tiff_header(block: bytes) -> bytes:
    header = _TIFF_HEADER.search(block, 0, _TIFF_HEADER_SEARCH)
    return block[header.start() :] if header else b""


def _find_in_jpeg(data: bytes) -> Iterator[bytes]:
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # padding between segments
            position += 1
            continue
        if marker == 0xDA:  # the scan: pixels follow
            return
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xE1 and data.startswith(b"Exif\x00", position + 4):
            yield _from_tiff_header(data[position + 4 : end])
        position = end


def _find_in_png(data: bytes) -> Iterator[bytes]:
    position = 8
    while position + 8 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        kind, chunk = data[position + 4 : position + 8], data[position + 8 : end]
        if kind == b"eXIf":
            yield _from_tiff_header(chunk)
        elif kind in {b"tEXt", b"zTXt"} and chunk.startswith(b"Raw profile type "):
            yield _from_tiff_header(_read_raw_profile(kind, chunk))
        position = end + 4  # the checksum


def _read_raw_profile(kind: bytes, chunk: bytes) -> bytes:
    """Unpack the way ImageMagick kept EXIF before PNG had a chunk for it: lines of hex digits."""
    text = chunk.partition(b"\0")[2]  # after the keyword
    if kind == b"zTXt":  # after the method of compression
        text = zlib.decompressobj().decompress(text[1:], _MOST_EXIF)
    return bytes.fromhex(text.split(b"\n", 3)[3].decode("ascii"))  # after the name and the length


def _find_in_webp(data: bytes) -> Iterator[bytes]:
    position = 12
    while position + 8 <= len(data):
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "little")
        if data[position : position + 4] == b"EXIF":
            yield _from_tiff_header(data[position + 8 : end])
        position = end + end % 2


def _find_in_avif(data: bytes) -> Iterator[bytes]:
    from PIL.AvifImagePlugin import AvifImageFile

    yield _from_tiff_header(AvifImageFile(io.BytesIO(data)).info.get("exif", b""))


def _read_heif(data: bytes) -> tuple[bytes, float | None]:
    import pillow_heif

    # Not the Pillow plugin: that one resets the Orientation that the file holds.
    heif = pillow_heif.open_heif(io.BytesIO(data))
    exif = _from_tiff_header(heif.info.get("exif") or b"")
    matrix = heif.info.get("heif", {}).get("camera_intrinsic_matrix")
    if not matrix:
        return exif, None
    # A centre far from the middle belongs to a picture of another size.
    offsets = (
        matrix["principal_point_x"] / heif.size[0] - 0.5,
        matrix["principal_point_y"] / heif.size[1] - 0.5,
    )
    return exif, matrix["focal_length_x"] if max(map(abs, offsets)) < 0.25 else None


def _find_in_cr3(data: bytes) -> Iterator[bytes]:
    """Yield the boxes of IFD0, Exif IFD and GPS IFD, each a small TIFF file; empty if missing."""
    metadata = data.index(_CR3_METADATA, 0, 4096)
    for name in (b"CMT1", b"CMT2", b"CMT4"):
        at = data.find(name, metadata, metadata + 65536)
        size = int.from_bytes(data[at - 4 : at], "big") if at >= 0 else 0
        yield _from_tiff_header(data[at + 4 : at - 4 + size])


def _find_wrapped(data: bytes) -> bytes:
    """Find EXIF by its own marks where no container leads to it, as in RAF, X3F and MRW."""
    mark = _WRAPPED_EXIF.search(data)
    return data[mark.end() : mark.end() + _MOST_EXIF] if mark else b""


_FINDERS: dict[MediaType, Callable[[bytes], Iterable[bytes]]] = {
    MediaType.JPEG: _find_in_jpeg,
    MediaType.PNG: _find_in_png,
    MediaType.WEBP: _find_in_webp,
    MediaType.AVIF: _find_in_avif,
    MediaType.TIFF: lambda data: [data],
    MediaType.DNG: lambda data: [data],
    # CR2, NEF, ARW, ORF, RW2, PEF and SRW are TIFF files.
    MediaType.RAW: lambda data: [data] if data.startswith((b"II", b"MM")) else [],
}
