"""Where a container keeps its metadata: a file's bytes -> its EXIF blocks and its XMP text.

An EXIF block begins with a TIFF header and its offsets count from there; a CR3 holds several.
Nothing here decodes pixels, so a file whose pixels are cut off still gives its metadata.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from schemas.errors import HeifError
from schemas.records import MediaType
from sharp_core.containers import jpeg, jxl, png, webp
from sharp_core.containers.cr3 import is_cr3, read_cr3
from sharp_core.containers.exif import Entries, block_in, read_exif
from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.heif_camera import INTRINSICS, INTRINSICS_UUID, kind_of, read_intrinsics
from sharp_core.containers.heif_transforms import Crop, read_transforms, transformed_size
from sharp_core.containers.iptc import iptc_in_photoshop
from sharp_core.containers.png_text import raw_profiles, xmp_text

_WRAPPED_EXIF = re.compile(rb"(?:Exif\0\0|\0TTW.{4})(?=II\*\0|MM\0\*)", re.DOTALL)
_SEARCHED = {MediaType.HEIF, MediaType.AVIF, MediaType.RAW}
_MOST_EXIF = 1 << 18  # bytes, of a block of unknown size: cameras write less than 64 kB
_RW2 = b"IIU\0"
_IPTC_PROFILES = ("iptc", "8bim")
_IPTC_TAG, _PHOTOSHOP_TAG = 33723, 34377  # of TIFF
_BYTE_ORDER_MARKS = (  # the longest first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED_ENCODING = re.compile(
    rb"""\s*<\?xml[^>]{1,80}encoding=["'](?!utf)([\w-]+)["']""", re.IGNORECASE
)
_MOST_OFF_CENTRE = 0.25  # of a principal point; beyond that it is another picture's


@dataclass(frozen=True, slots=True)
class MetadataBlocks:
    """The metadata of one file, still packed."""

    exif: tuple[bytes, ...] = ()
    gps: bytes | None = None  # a GPS IFD that stands alone, as in CR3
    xmp: bytes | None = None
    iptc: bytes | None = None
    intrinsics_focal_px: float | None = None
    uncropped_size: tuple[int, int] | None = None  # where the container shows a part of a picture
    off_centre: float = 0.0  # how far its middle is from that of the whole, as a share of its side


def find_blocks(data: bytes, media_type: MediaType) -> MetadataBlocks:
    """Find the metadata in a file's bytes. A container too broken to be followed has none."""
    exif: list[bytes] = []
    gps = focal_px = uncropped = None
    off_centre = 0.0
    if media_type in (MediaType.HEIF, MediaType.AVIF):
        with suppress(HeifError):
            heif = read_heif(data)
            exif.extend(_find_in_heif(heif))
            focal_px = _read_intrinsics(heif)
            uncropped, off_centre = _read_crop(heif)
    elif media_type is MediaType.RAW and is_cr3(data):
        *blocks, gps = map(block_in, read_cr3(data))
        exif.extend(blocks)
    elif finder := _FINDERS.get(media_type):
        exif.extend(finder(data))
    if not any(exif) and media_type in _SEARCHED:
        exif = [_find_wrapped(data)]
    find_packed_xmp = _XMP_FINDERS.get(media_type)
    packed_xmp = find_packed_xmp(data) if find_packed_xmp else None
    return MetadataBlocks(
        tuple(filter(None, exif)),
        gps or None,
        packed_xmp or find_xmp(data),
        _find_iptc(data, media_type) or None,
        focal_px,
        uncropped,
        off_centre,
    )


def find_xmp(data: bytes) -> bytes | None:
    """Return the RDF of the first XMP packet that stands in a file as plain text."""
    start = data.find(b"<rdf:RDF")
    end = data.find(b"</rdf:RDF>", start)
    if not 0 <= start < end:
        return None
    start = data.rfind(b"<rdf:RDF", start, end)  # an earlier packet may have been overwritten
    return data[start : end + len(b"</rdf:RDF>")]


def find_xmp_beside(content: bytes) -> bytes | None:
    """Return the RDF of an XMP file, in UTF-8: such a file may have any encoding of Unicode."""
    return find_xmp(_as_utf8(content))


def _as_utf8(text: bytes) -> bytes:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if text.startswith(mark):
            return text.decode(encoding, "replace").encode()
    if b"\0" in text[:4]:  # every text begins with "<", whose other bytes are zero
        width = 4 if text[:4].count(0) == 3 else 2
        order = "be" if text[:1] == b"\0" else "le"
        return text.decode(f"utf-{8 * width}-{order}", "replace").encode()
    if declared := _DECLARED_ENCODING.match(text):
        with suppress(LookupError, UnicodeError):  # unknown, or one that replaces nothing
            return text.decode(declared[1].decode("ascii"), "replace").encode()
    return text


def _find_in_png(data: bytes) -> Iterator[bytes]:
    for kind, start, end in png.chunks(data):
        if kind == b"eXIf":
            yield block_in(data[start:end])
    for name, content in raw_profiles(data):
        if name in ("exif", "app1"):
            yield block_in(content[:_MOST_EXIF])


def _find_xmp_in_png(data: bytes) -> bytes | None:
    profiles = (content for name, content in raw_profiles(data) if name in ("xmp", "app1"))
    packets = (xmp_text(data) or b"", *profiles)
    return next(filter(None, map(find_xmp, packets)), None)


def _find_iptc(data: bytes, media_type: MediaType) -> bytes:
    match media_type:
        case MediaType.JPEG:
            return iptc_in_photoshop(jpeg.photoshop_resources(data))
        case MediaType.PNG:
            profiles = (content for name, content in raw_profiles(data) if name in _IPTC_PROFILES)
            return next(filter(None, map(iptc_in_photoshop, profiles)), b"")
        case MediaType.TIFF | MediaType.DNG | MediaType.RAW:  # most raw formats are TIFF
            return _find_iptc_in_tiff(read_exif(data).image)
        case _:
            return b""


def _find_iptc_in_tiff(image: Entries) -> bytes:
    own = image[_IPTC_TAG].data if _IPTC_TAG in image else b""
    others = iptc_in_photoshop(image[_PHOTOSHOP_TAG].data) if _PHOTOSHOP_TAG in image else b""
    # ImageMagick gives the tag a quarter of the block, and Photoshop's resources all of it.
    return others if others.startswith(own) else own


def _find_in_webp(data: bytes) -> Iterator[bytes]:
    for kind, start, end in webp.chunks(data):
        if kind == b"EXIF":
            yield block_in(data[start:end])


def _find_in_jxl(data: bytes) -> Iterator[bytes]:
    for kind, content in jxl.metadata_boxes(data):
        if kind == b"Exif":
            yield block_in(content)


def _find_xmp_in_jxl(data: bytes) -> bytes | None:
    packets = (content for kind, content in jxl.metadata_boxes(data) if kind == b"xml ")
    return next(filter(None, map(find_xmp, packets)), None)


def _find_in_heif(heif: Heif) -> Iterator[bytes]:
    for item in heif.describing(heif.primary_id, b"Exif"):
        yield block_in(heif.item_data(item, _MOST_EXIF))


def _read_crop(heif: Heif) -> tuple[tuple[int, int] | None, float]:
    """Return the size of the whole picture where a part is shown, and how far off its middle."""
    size = heif.size_of(heif.primary_id)
    transforms = read_transforms(heif, heif.primary_id)
    for number, transform in enumerate(transforms):
        if size is not None and isinstance(transform, Crop):
            width, height = transformed_size(transforms[:number], *size)
            left, top, right, bottom = transform.box(width, height)
            beside = abs(left + right - width) / (right - left) / 2
            above = abs(top + bottom - height) / (bottom - top) / 2
            return size, max(beside, above)
    return None, 0.0


def _read_intrinsics(heif: Heif) -> float | None:
    """Return the focal length in pixels that the camera's calibration gives."""
    size = heif.size_of(heif.primary_id)
    for box in heif.properties_of(heif.primary_id):
        if size is None or kind_of(heif.data, box) not in (INTRINSICS, INTRINSICS_UUID):
            continue
        with suppress(ValueError):
            found = read_intrinsics(heif.data, box)
            if max(abs(found.x - 0.5), abs(found.y - 0.5)) < _MOST_OFF_CENTRE:
                return found.focal * size[0]
    return None


def _find_in_raw(data: bytes) -> Iterator[bytes]:
    """CR2, NEF, ARW, ORF, RW2, PEF and SRW are TIFF files; RW2's preview says more than they do."""
    if data.startswith((b"II", b"MM")):
        yield data
    if data.startswith(_RW2):
        preview = data.find(jpeg.START)
        if preview >= 0:
            yield from map(block_in, jpeg.exif_contents(data[preview : preview + _MOST_EXIF]))


def _find_wrapped(data: bytes) -> bytes:
    """Find EXIF by its own marks where no container leads to it, as in RAF, X3F and MRW."""
    mark = _WRAPPED_EXIF.search(data)
    return data[mark.end() : mark.end() + _MOST_EXIF] if mark else b""


_FINDERS: dict[MediaType, Callable[[bytes], Iterable[bytes]]] = {
    MediaType.JPEG: lambda data: map(block_in, jpeg.exif_contents(data)),
    MediaType.PNG: _find_in_png,
    MediaType.WEBP: _find_in_webp,
    MediaType.JXL: _find_in_jxl,
    MediaType.TIFF: lambda data: [data],
    MediaType.DNG: lambda data: [data],
    MediaType.RAW: _find_in_raw,
}
_XMP_FINDERS: dict[MediaType, Callable[[bytes], bytes | None]] = {
    MediaType.PNG: _find_xmp_in_png,
    MediaType.JXL: _find_xmp_in_jxl,
}
