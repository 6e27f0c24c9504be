"""A photo file's bytes -> an image whose header is read, and what is known of it besides.

What a decoder gets wrong, or lets pass, at this point is repaired here: files that are cut off,
images too large to decode, broken notes beside a sound image, two ways of being turned.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from PIL import Image, PngImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from pipeline.decode.cicp import ADOBE_RGB
from pipeline.decode.decoder_messages import silence_decoders
from pipeline.decode.errors import cut_off, damaged_header, refusal
from pipeline.decode.jxl_pixels import JxlPhoto, plugin
from pipeline.decode.raw_preview import largest_preview
from pipeline.decode.tiff_pixels import DeepTiff
from pipeline.decode.tiff_samples import read_layout
from pipeline.scan.media_type import media_type as identify
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers import jxl
from sharp_core.containers.cicp import Cicp, Colors
from sharp_core.containers.heif_image import read_heif_image
from sharp_core.containers.heif_transforms import Transform, transformed_size
from sharp_core.containers.jpeg import END, count_scans, find_end, read_frame
from sharp_core.containers.png import image_chunks, read_cicp, read_measured_colors
from sharp_core.containers.tiff_structure import is_adobe_rgb, read_tiff

# Phones take 200 million pixels and film scanners up to 300. A decoder needs some 7 bytes for each,
# hence 2 GB at worst. Bombs begin at a billion.
MAX_PIXELS = 300_000_000
# Pillow's own limit is lower, and warns from half of it on.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Here this bounds unpacked ICC profiles alone; the largest, those of printers, have 3 MB.
PngImagePlugin.MAX_TEXT_CHUNK = 8 << 20
silence_decoders()

# Of a sequential JPEG: a block of 8 x 8 pixels has two codes of a bit at least (ITU-T T.81, F.1).
_MOST_PIXELS_A_BYTE = 256
# Of a JPEG. Encoders write some ten, and a file of empty ones, each of them a pass over all pixels,
# would take hours. The limit is that of libjpeg-turbo's TJFLAG_LIMITSCANS.
_MOST_SCANS = 500
SIDEWAYS = (5, 6, 7, 8)  # the EXIF orientations that exchange width and height
_TILE_SIZE, _SAMPLE_FORMAT = (322, 323), 339  # TIFF's tags
_SIGNED = 2  # a sample format

_warnings_lock = threading.Lock()


class OpenedPhoto(NamedTuple):
    """An image whose header is read and whose pixels are not."""

    image: Image.Image | DeepTiff | JxlPhoto
    orientation: int = 1  # EXIF's, still to be applied
    colors: Colors | None = None  # where numbers give them
    transforms: tuple[Transform, ...] = ()  # of the container, still to be applied
    decoded_size: tuple[int, int] | None = None  # where the header's size is not the decoder's

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of what the decoder gives."""
        return self.decoded_size or self.image.size

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        width, height = transformed_size(self.transforms, *self.stored_size)
        return (height, width) if self.orientation in SIDEWAYS else (width, height)


def open_photo(data: bytes, media_type: MediaType, orientation: int) -> OpenedPhoto:
    """Open a file's image. `orientation` is what EXIF says; what decoders raise goes through."""
    with without_warnings():
        opened = _open_as(data, media_type, orientation)
    check_size(*opened.image.size)
    if not isinstance(opened.image, Image.Image):
        return opened
    exif = (opened.image.info.get("exif") or b"").removeprefix(b"Exif\0\0")
    if opened.colors is None and is_adobe_rgb(read_tiff(exif)):
        return opened._replace(colors=ADOBE_RGB)
    return opened


@contextmanager
def without_warnings() -> Iterator[None]:
    """Silence what Pillow has to say of metadata that nobody here reads."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_size(width: int, height: int) -> None:
    """Raise PhotoError, `too_large`, for more pixels than are decoded."""
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        message = f"{width} x {height} px is more than the {limit} million pixels that are read"
        raise PhotoError(FailureReason.TOO_LARGE, message)


def _open_as(data: bytes, media_type: MediaType, orientation: int) -> OpenedPhoto:
    if media_type in (MediaType.TIFF, MediaType.UNKNOWN):
        # The first bytes may not have told a raw file from a TIFF, nor may an older version of
        # this program have known what it is.
        media_type = identify(data)
    if media_type not in _OPENERS:
        raise refusal(data)
    return _OPENERS[media_type](data, orientation)


def _open_png(data: bytes, orientation: int) -> OpenedPhoto:
    image = PngImageFile(io.BytesIO(image_chunks(data)))
    return OpenedPhoto(image, orientation, read_cicp(data) or read_measured_colors(data))


def _open_raw(data: bytes, orientation: int) -> OpenedPhoto:
    preview = largest_preview(data)
    cicp = ADOBE_RGB if preview.is_adobe_rgb else None
    return OpenedPhoto(_open_jpeg(preview.jpeg), preview.orientation or orientation, cicp)


def _open_jpeg(data: bytes) -> JpegImageFile:
    """Open a JPEG. The end marker alone may be missing, which viewers take and Pillow does not."""
    frame = read_frame(data)
    if frame is not None and frame.is_sequential:
        # Decoders ask for the memory of all pixels first, also for those that the file lacks.
        check_size(frame.width, frame.height)
        if frame.width * frame.height > _MOST_PIXELS_A_BYTE * len(data):
            raise cut_off()
    if frame is not None and not frame.is_one_scan:
        scans = count_scans(data, frame.scan_start)
        if scans > _MOST_SCANS:
            raise PhotoError(
                FailureReason.UNSUPPORTED,
                f"its {scans} scans are more than the {_MOST_SCANS} that are read",
            )
    if frame is not None and find_end(data, frame.scan_start) is None:
        if frame.is_progressive or data.endswith(b"\0"):
            raise cut_off()
        data += END
    return JpegImageFile(io.BytesIO(data))


def _open_tiff(data: bytes, _orientation: int) -> OpenedPhoto:
    """Open a TIFF by Pillow, which turns it by itself, or by our own reader of deep samples."""
    image, refusal = None, None
    try:
        image = TiffImageFile(io.BytesIO(data))
    except Exception as error:  # it knows a list of combinations, and others are read here
        refusal = error
    if image is not None and not _is_misread(image):
        tags, opened = image.tag_v2, OpenedPhoto(image)
    else:
        if read_tiff(data).cut_off:
            raise cut_off()
        try:
            layout = read_layout(data)
        except (LookupError, TypeError, ValueError, SyntaxError, struct.error) as error:
            raise refusal or error from error
        tags = layout.tags
        opened = OpenedPhoto(DeepTiff(data, layout), layout.orientation)
    # A tile is decoded as a whole, however little of it the image needs.
    check_size(*(tags.get(tag, 1) for tag in _TILE_SIZE))
    return opened


def _is_misread(image: TiffImageFile) -> bool:
    """Say whether Pillow keeps too little of a TIFF: deep, signed and premultiplied grey."""
    is_signed = _SIGNED in image.tag_v2.get(_SAMPLE_FORMAT, ())
    return is_signed or image.mode == "La" or image.mode.startswith(("I", "F"))


def _open_jxl(data: bytes, _orientation: int) -> OpenedPhoto:
    """Read the header of a JPEG XL file, which says how the image is turned; EXIF does not count.

    The decoder turns it by itself, except for JPEGs that were packed without loss.
    """
    plugin()
    header = jxl.read_header(data)
    if header is None:
        raise damaged_header()
    size = header.width, header.height
    if jxl.is_packed_jpeg(data):
        return OpenedPhoto(JxlPhoto(data, size), header.orientation)
    return OpenedPhoto(JxlPhoto(data, size[::-1] if header.orientation in SIDEWAYS else size))


def _open_heif(data: bytes, orientation: int, *, is_avif: bool) -> OpenedPhoto:
    """Open a HEIF or AVIF file and settle how it is turned.

    EXIF's orientation is without effect here (ISO 23008-12, annex A). Yet some phones store nothing
    else: so it counts where the container does not turn the image, unless that would lay an
    upright image on its side, when it is a left-over of a converter that has turned the pixels.
    """
    stored = read_heif_image(data)
    if stored.cut_off:
        raise cut_off()
    transforms: tuple[Transform, ...] = ()
    size = None
    if not is_avif:  # whose decoder applies the transforms
        image: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
        if stored.is_cropped and stored.size:  # the header counts what lies outside the image
            size = transformed_size(stored.transforms, *stored.size)
        nclx = image.info.get("nclx_profile")
        cicp = Cicp(nclx["color_primaries"], nclx["transfer_characteristics"]) if nclx else None
    else:
        image = AvifImageFile(io.BytesIO(data))
        transforms, cicp = stored.transforms, stored.cicp  # Pillow tells neither
    width, height = transformed_size(transforms, *(size or image.size))
    if stored.is_turned or (orientation in SIDEWAYS and height > width):
        orientation = 1
    return OpenedPhoto(image, orientation, cicp, transforms, size)


_OPENERS: dict[MediaType, Callable[[bytes, int], OpenedPhoto]] = {
    MediaType.JPEG: lambda data, turned: OpenedPhoto(_open_jpeg(data), turned),
    MediaType.PNG: _open_png,
    MediaType.WEBP: lambda data, turned: OpenedPhoto(WebPImageFile(io.BytesIO(data)), turned),
    MediaType.TIFF: _open_tiff,
    MediaType.HEIF: partial(_open_heif, is_avif=False),
    MediaType.AVIF: partial(_open_heif, is_avif=True),
    MediaType.JXL: _open_jxl,
    MediaType.DNG: _open_raw,
    MediaType.RAW: _open_raw,
}
