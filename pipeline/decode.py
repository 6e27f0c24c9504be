"""A photo file's bytes -> upright pixels in sRGB. The only place that decodes pictures.

Decoders are Pillow (JPEG, PNG, WebP, TIFF, AVIF), pillow-heif (HEIF) and, to develop raw files,
rawpy. Each says what is wrong with a file in its own way, or does not notice: here it becomes a
PhotoError, and what a decoder is known to let pass is checked before or after it.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from pipeline import raw_development
from pipeline.cicp import ADOBE_RGB, Cicp
from pipeline.decode_errors import cut_off, diagnosis, refusal
from pipeline.heif_boxes import read_container
from pipeline.jpeg_structure import END, find_end, read_frame
from pipeline.media_type import media_type as identify
from pipeline.raw_preview import largest_preview
from pipeline.tiff_structure import is_adobe_rgb, read_tiff
from pipeline.to_srgb import to_srgb
from schemas.errors import FailureReason, PhotoError
from schemas.records import MediaType

Pixels = npt.NDArray[np.uint8]

# Phones take 200 million pixels and film scanners up to 300. A decoder needs some 7 bytes for each,
# hence 2 GB at worst. Bombs begin at a billion.
MAX_PIXELS = 300_000_000
# Pillow's own limit is lower, and warns from half of it on.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_TURNS = {  # EXIF orientation -> what brings the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)  # the orientations that exchange width and height
_ORIENTATION = 274  # EXIF's tag
_TILE_SIZE = (322, 323)  # TIFF's tags
_RAW_TYPES = (MediaType.DNG, MediaType.RAW)
_NO_DATA = (128, 128)  # least and greatest value where libjpeg had no data
_BLOCK = 8  # pixels; the side of the smallest part that a JPEG may lack

_warnings_lock = threading.Lock()


class _Opened(NamedTuple):
    """A picture whose header is read and whose pixels are not."""

    image: Image.Image
    orientation: int = 1  # EXIF's, still to be applied
    cicp: Cicp | None = None

    @property
    def upright_size(self) -> tuple[int, int]:
        width, height = self.image.size
        return (height, width) if self.orientation in _SIDEWAYS else (width, height)


def probe(
    data: bytes, media_type: MediaType, orientation: int = 1, *, full_raw: bool = False
) -> tuple[int, int]:
    """Return the upright picture's width and height in pixels, without decoding it.

    Takes what `decode` takes, and raises what it raises as far as the file's header shows it.
    """
    with _as_photo_errors(data, media_type):
        if full_raw and media_type in _RAW_TYPES:
            return raw_development.size(data)
        return _open(data, media_type, orientation).upright_size


def decode(
    data: bytes, media_type: MediaType, orientation: int = 1, *, full_raw: bool = False
) -> Pixels:
    """Return the picture in a whole file's bytes as (H, W, 3), upright, sRGB, perhaps read-only.

    `orientation` is EXIF's, 1 to 8, as the file stores it; others count as 1. A container that
    turns its picture by itself, or a raw file that says how its preview is turned, overrules it.
    Of several pictures the primary or first one is taken; of a raw file its largest preview or,
    with `full_raw`, what rawpy makes of the sensor's data.

    Raises PhotoError, with the reason `truncated`, `not_a_photo`, `unsupported`, `too_large`,
    `out_of_memory` or `unreadable`.
    """
    with _as_photo_errors(data, media_type):
        if full_raw and media_type in _RAW_TYPES:
            _check_size(*raw_development.size(data))
            return raw_development.develop(data)
        opened = _open(data, media_type, orientation)
        _load(opened.image, data)
        image = to_srgb(opened.image, opened.cicp)
        turn = _TURNS.get(opened.orientation)
        return np.asarray(image.transpose(turn) if turn is not None else image)


@contextmanager
def _as_photo_errors(data: bytes, media_type: MediaType) -> Iterator[None]:
    try:
        yield
    except PhotoError:
        raise
    except Exception as error:  # decoders raise whatever their authors, and broken bytes, make them
        raise diagnosis(error, data, media_type) from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Silence what Pillow has to say of metadata that nobody here reads."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(data: bytes, media_type: MediaType, orientation: int) -> _Opened:
    with _without_warnings():
        opened = _open_as(data, media_type, orientation)
    _check_size(*opened.image.size)
    exif = opened.image.info.get("exif", b"").removeprefix(b"Exif\0\0")
    if opened.cicp is None and is_adobe_rgb(read_tiff(exif)):
        return opened._replace(cicp=ADOBE_RGB)
    return opened


def _open_as(data: bytes, media_type: MediaType, orientation: int) -> _Opened:
    if media_type is MediaType.TIFF:
        media_type = identify(data)  # the first bytes may not have told a raw file from a TIFF
    match media_type:
        case MediaType.JPEG:
            return _Opened(_open_jpeg(data), orientation)
        case MediaType.PNG:
            return _Opened(PngImageFile(io.BytesIO(data)), orientation, _png_cicp(data))
        case MediaType.WEBP:
            return _Opened(WebPImageFile(io.BytesIO(data)), orientation)
        case MediaType.TIFF:
            return _Opened(_open_tiff(data))  # Pillow turns it by itself
        case MediaType.HEIF | MediaType.AVIF:
            return _open_heif(data, media_type, orientation)
        case MediaType.DNG | MediaType.RAW:
            preview = largest_preview(data)
            cicp = ADOBE_RGB if preview.is_adobe_rgb else None
            return _Opened(_open_jpeg(preview.jpeg), preview.orientation or orientation, cicp)
        case _:
            raise refusal(data)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        message = f"{width} x {height} px is more than the {limit} million pixels that are read"
        raise PhotoError(FailureReason.TOO_LARGE, message)


def _open_jpeg(data: bytes) -> JpegImageFile:
    """Open a JPEG. The end marker alone may be missing, which viewers take and Pillow does not."""
    frame = read_frame(data)
    if frame is not None and find_end(data, frame.scan_start) is None:
        if frame.is_progressive or data.endswith(b"\0"):
            raise cut_off()
        data += END
    return JpegImageFile(io.BytesIO(data))


def _open_tiff(data: bytes) -> TiffImageFile:
    image = TiffImageFile(io.BytesIO(data))
    # A tile is decoded as a whole, however little of it the picture needs.
    _check_size(*(image.tag_v2.get(tag, 1) for tag in _TILE_SIZE))
    return image


def _open_heif(data: bytes, media_type: MediaType, orientation: int) -> _Opened:
    """Open a HEIF or AVIF file and settle how it is turned.

    EXIF's orientation is without effect here (ISO 23008-12, annex A). Yet some phones store nothing
    else: so it counts where the container does not turn the picture, unless that would lay an
    upright picture on its side, when it is a left-over of a converter that has turned the pixels.
    """
    container = read_container(data)
    if container.cut_off:
        raise cut_off()
    if media_type is MediaType.HEIF:
        image: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
        turned_by_container = 1  # the decoder has done it
    else:
        image = AvifImageFile(io.BytesIO(data))
        turned_by_container = image.getexif().get(_ORIENTATION, 1)
    if container.is_transformed:
        orientation = turned_by_container
    elif orientation in _SIDEWAYS and image.height > image.width:
        orientation = 1
    return _Opened(image, orientation, container.cicp)


def _png_cicp(data: bytes) -> Cicp | None:
    """Return what the chunk cICP says, which Pillow does not read: PNG third edition, 11.3.2.6."""
    at = data.find(b"cICP", 0, max(data.find(b"IDAT"), 0))
    return Cicp(data[at + 4], data[at + 5]) if at >= 0 else None


def _load(image: Image.Image, data: bytes) -> None:
    """Decode the pixels, in place."""
    if isinstance(image, TiffImageFile):  # which reads more metadata at this point
        with _without_warnings():
            image.load()
    else:
        image.load()
    if isinstance(image, JpegImageFile) and _lacks_lower_part(image, data):
        raise cut_off()


def _lacks_lower_part(image: JpegImageFile, data: bytes) -> bool:
    """Say whether libjpeg ran out of data, which it fills with mid-grey and does not report.

    A grey frame around a picture is no such case: it has an upper edge too.
    """
    width, height = image.size
    if not _is_missing(image, (max(width - _BLOCK, 0), max(height - _BLOCK, 0), width, height)):
        return False
    frame = read_frame(data)
    if frame is not None and find_end(data, frame.scan_start) is None:
        return True
    upper_edge, lower_edge = (0, 0, width, _BLOCK), (0, max(height - _BLOCK, 0), width, height)
    return _is_missing(image, lower_edge) and not _is_missing(image, upper_edge)


def _is_missing(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return image.crop(box).convert("RGB").getextrema() == (_NO_DATA,) * 3
