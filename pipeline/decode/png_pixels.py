"""The pixels of a PNG: all 16 bits of a sample, and the one colour that is transparent.

Pillow keeps the upper eight bits of colour, and compares the transparent colour with samples that
it has scaled already. Its unpackers of either byte order give the upper and the lower bytes.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from pipeline.decode.deep import DeepImage, eight_bits, narrow_range, stretched
from pipeline.decode.row_blocks import row_blocks

_BITS_AT, _COLOR_TYPE_AT = 24, 25  # in the file: of IHDR's content
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_UPPER, _LOWER = "16B", "16L"  # what Pillow takes for the upper byte


def load_png(chunks: bytes, *, needs_all_bits: bool) -> Image.Image | DeepImage:
    """Decode the chunks that an image needs. With 16 bits, a DeepImage where they matter.

    They do for grey, for opacity, for a transparent colour, and where colours are to be changed.
    """
    image = PngImageFile(io.BytesIO(chunks))
    bits, color_type = chunks[_BITS_AT], chunks[_COLOR_TYPE_AT]
    key = image.info.get("transparency")
    if bits == 16 and color_type == _GREY_ALPHA:
        return _grey_alpha(chunks)
    if bits == 16 and color_type == _GREY:
        image.info.pop("transparency", None)
        image.load()
        grey = np.asarray(image)[..., None]
        opacity = _opacity(grey, key)
        profile = image.info.get("icc_profile")
        if key is None and profile is None and not needs_all_bits:
            measured = narrow_range(grey, 65535)
            grey = stretched(grey, *measured) if measured else grey
        return DeepImage(grey, opacity, profile)
    if bits == 16 and color_type == _RGB_ALPHA:
        return _color(chunks, key)
    if bits == 16 and color_type == _RGB and (needs_all_bits or key is not None):
        return _color(chunks, key)
    if bits < 8 and color_type == _GREY and isinstance(key, int):
        return _grey_with_key(image, key, bits)
    image.load()
    return image


def _grey_with_key(image: PngImageFile, key: int, bits: int) -> Image.Image:
    """Decode 1, 2 or 4 bits, whose transparent level is given in steps of those."""
    del image.info["transparency"]
    image.load()
    level = key if bits == 1 else key * 255 // ((1 << bits) - 1)  # Pillow scales that of 1 bit
    opacity = [0 if value == level else 255 for value in range(256)]
    grey = image.convert("L")
    made = Image.merge("LA", (grey, grey.point(opacity)))
    made.info = image.info
    return made


def _color(chunks: bytes, key: object) -> DeepImage:
    upper, lower = (_load_as(chunks, order) for order in (_UPPER, _LOWER))
    profile = upper.info.get("icc_profile")
    width, height = upper.size
    color = np.empty((height, width, 3), np.uint16)
    for rows in row_blocks(height):
        box = (0, rows.start, width, rows.stop)
        high, low = (np.asarray(part.crop(box))[..., :3] for part in (upper, lower))
        color[rows] = high.astype(np.uint16) << 8 | low
    if upper.mode == "RGBA":
        high, low = (np.asarray(part.getchannel("A"), np.uint16) for part in (upper, lower))
        opacity = np.asarray(high << 8 | low, np.uint16)
        return DeepImage(color, Image.fromarray(eight_bits(opacity)), profile)
    return DeepImage(color, _opacity(color, key), profile)


def _load_as(chunks: bytes, order: str) -> PngImageFile:
    """Decode RGB or RGBA of 16 bits as if its samples had this byte order."""
    image = PngImageFile(io.BytesIO(chunks))
    image.info.pop("transparency", None)
    image.tile = [tile._replace(args=f"{image.mode};{order}") for tile in image.tile]
    image.load()
    return image


def _grey_alpha(chunks: bytes) -> DeepImage:
    """Decode grey and opacity of 16 bits: four bytes a pixel, which is what RGBA has."""
    image = PngImageFile(io.BytesIO(chunks))
    image.tile = [tile._replace(args="RGBA") for tile in image.tile]
    image.load()
    width, height = image.size
    grey = np.empty((height, width, 1), np.uint16)
    opacity = np.empty((height, width), np.uint8)
    for rows in row_blocks(height):
        box = (0, rows.start, width, rows.stop)
        pixels = np.asarray(image.crop(box), np.uint16)
        grey[rows, :, 0] = pixels[..., 0] << 8 | pixels[..., 1]
        opacity[rows] = eight_bits(np.asarray(pixels[..., 2] << 8 | pixels[..., 3], np.uint16))
    return DeepImage(grey, Image.fromarray(opacity), image.info.get("icc_profile"))


def _opacity(color: npt.NDArray[np.uint16], key: object) -> Image.Image | None:
    """Return where an image has not its transparent colour."""
    if not isinstance(key, (int, tuple)):
        return None
    transparent = np.ones(color.shape[:2], bool)
    for channel, value in enumerate(key if isinstance(key, tuple) else (key,)):
        transparent &= color[..., channel] == value
    return Image.fromarray(np.where(transparent, 0, 255).astype(np.uint8))
