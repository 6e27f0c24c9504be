"""A photo file's bytes -> upright pixels in sRGB. The only place that decodes images.

Decoders are simplejpeg (usual JPEG), Pillow (other JPEG, PNG, WebP, TIFF, AVIF), pillow-heif (HEIF)
and, where they are installed, pillow-jxl-plugin (JPEG XL) and rawpy, which develops raw files. Each
says what is wrong with a file in its own way, or does not notice: here it becomes a PhotoError, and
what a decoder is known to let pass is checked before or after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pipeline.decode import raw_development
from pipeline.decode.deep import DeepImage
from pipeline.decode.errors import cut_off, diagnosis
from pipeline.decode.icc import is_quick, pixels_to_srgb
from pipeline.decode.jpeg_pixels import BLOCK, NO_DATA, decode_sound_jpeg
from pipeline.decode.jxl_pixels import JxlPhoto
from pipeline.decode.open import SIDEWAYS, OpenedPhoto, check_size, open_photo, without_warnings
from pipeline.decode.png_pixels import load_png
from pipeline.decode.row_blocks import row_blocks
from pipeline.decode.tiff_pixels import DeepTiff
from pipeline.decode.to_srgb import counts, to_srgb
from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers.heif_transforms import Crop, Mirror, Rotation, Transform
from sharp_core.containers.jpeg import find_end, read_frame
from sharp_core.containers.png import image_chunks

Pixels = npt.NDArray[np.uint8]

_REVERSED = {  # EXIF orientation -> steps along rows and columns, after an exchange of the axes
    2: (1, -1),
    3: (-1, -1),
    4: (-1, 1),
    5: (1, 1),
    6: (1, -1),
    7: (-1, -1),
    8: (-1, 1),
}
_ROTATIONS = {  # quarter turns against the clock
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}
_RAW_TYPES = (MediaType.DNG, MediaType.RAW)


def read_header_size(
    data: bytes, media_type: MediaType, orientation: int = 1, *, full_raw: bool = False
) -> tuple[int, int]:
    """Return the upright image's width and height in pixels, without decoding it.

    Takes what `decode` takes, and raises what it raises as far as the file's header shows it.
    """
    with as_photo_errors(data, media_type):
        if full_raw and media_type in _RAW_TYPES:
            return raw_development.size(data)
        opened = open_photo(data, media_type, orientation)
        return opened.size


def decode(
    data: bytes, media_type: MediaType, orientation: int = 1, *, full_raw: bool = False
) -> Pixels:
    """Return the image in a whole file's bytes as (H, W, 3), upright and sRGB.

    `orientation` is EXIF's, 1 to 8, as the file stores it; others count as 1. A container that
    turns its image by itself, or a raw file that says how its preview is turned, overrules it.
    Of several images the primary or first one is taken; of a raw file its largest preview or,
    with `full_raw`, what rawpy makes of the sensor's data.

    Raises PhotoError, with the reason `truncated`, `not_a_photo`, `unsupported`, `too_large`,
    `out_of_memory` or `unreadable`.
    """
    with as_photo_errors(data, media_type):
        if full_raw and media_type in _RAW_TYPES:
            check_size(*raw_development.size(data))
            return raw_development.develop(data)
        opened = open_photo(data, media_type, orientation)
        pixels = _load_quickly(opened)
        if pixels is not None:
            return _turned(pixels, opened.orientation)
        size = opened.stored_size
        image = to_srgb(_load(opened, data), opened.colors)
        if image.size != size:
            raise PhotoError(FailureReason.UNREADABLE, _other_size(size, image.size))
        image = _transformed(image, opened.transforms)
        return _turned(_to_array(image), opened.orientation)


@contextmanager
def as_photo_errors(data: bytes, media_type: MediaType) -> Iterator[None]:
    """Raise PhotoError, with the reason, for whatever decoders raise inside."""
    try:
        yield
    except PhotoError:
        raise
    except Exception as error:  # decoders raise whatever their authors, and broken bytes, make them
        raise diagnosis(error, data, media_type) from error


def _transformed(image: Image.Image, transforms: tuple[Transform, ...]) -> Image.Image:
    """Apply what a container says of how its image is to be shown."""
    for transform in transforms:
        match transform:
            case Crop():
                image = image.crop(transform.box(*image.size))
            case Mirror(top_and_bottom=True):
                image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
            case Mirror():
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            case Rotation(quarter_turns=turns) if turns:
                image = image.transpose(_ROTATIONS[turns])
    return image


def _other_size(stated: tuple[int, int], decoded: tuple[int, int]) -> str:
    return (
        f"the file is damaged: it states {stated[0]} x {stated[1]} px and holds"
        f" {decoded[0]} x {decoded[1]} px"
    )


def _load_quickly(opened: OpenedPhoto) -> Pixels | None:
    """Return the stored pixels, in sRGB, of a usual JPEG in usual colours; None for all others."""
    image, colors = opened.image, opened.colors
    if not isinstance(image, JpegImageFile):
        return None
    profile = image.info.get("icc_profile")
    if (colors is not None and counts(colors, profile)) or not is_quick(image.mode, profile):
        return None
    pixels = decode_sound_jpeg(image)
    if pixels is not None:
        pixels_to_srgb(pixels, profile)
    return pixels


def _load(opened: OpenedPhoto, data: bytes) -> Image.Image | DeepImage:
    """Decode the pixels."""
    image, colors = opened.image, opened.colors
    if isinstance(image, PngImageFile):
        changes = colors is not None and counts(colors, image.info.get("icc_profile"))
        return load_png(image_chunks(data), needs_all_bits=changes)
    if isinstance(image, DeepTiff | JxlPhoto):
        with without_warnings():
            return image.load()
    if isinstance(image, TiffImageFile):  # which reads more metadata at this point
        with without_warnings():
            image.load()
        return image
    image.load()
    if isinstance(image, JpegImageFile) and _lacks_lower_part(image, data):
        raise cut_off()
    return image


def _lacks_lower_part(image: JpegImageFile, data: bytes) -> bool:
    """Say whether libjpeg ran out of data, which it fills with mid-grey and does not report.

    A grey frame around an image is no such case: it has an upper edge too.
    """
    width, height = image.size
    if not _is_missing(image, (max(width - BLOCK, 0), max(height - BLOCK, 0), width, height)):
        return False
    frame = read_frame(data)
    if frame is not None and find_end(data, frame.scan_start) is None:
        return True
    upper_edge, lower_edge = (0, 0, width, BLOCK), (0, max(height - BLOCK, 0), width, height)
    return _is_missing(image, lower_edge) and not _is_missing(image, upper_edge)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Return stored pixels (H, W, 3) upright, by EXIF's orientation."""
    if orientation not in _REVERSED:
        return pixels
    whole = pixels.view("V3")[..., 0]  # numpy moves whole pixels twice as fast as their bytes
    if orientation in SIDEWAYS:
        whole = whole.T
    rows, columns = _REVERSED[orientation]
    whole = np.ascontiguousarray(whole[::rows, ::columns])
    return whole.view(np.uint8).reshape(*whole.shape, 3)


def _to_array(image: Image.Image) -> Pixels:
    """Copy an image row by row: as a whole, Pillow does it three times as slowly, and doubly."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for rows in row_blocks(height):
        pixels[rows] = np.asarray(image.crop((0, rows.start, width, rows.stop)))
    return pixels


def _is_missing(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return image.crop(box).convert("RGB").getextrema() == ((NO_DATA, NO_DATA),) * 3
