"""An image in any of Pillow's modes and any colours -> RGB, eight bits, sRGB, opaque.

What is deeper than eight bits is scaled, what is transparent is laid on white, and the colours are
those that the image says it has: by a profile, by numbers, or, saying nothing, sRGB's.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from pipeline.decode.cicp import image_to_srgb, is_hdr, is_like_srgb
from pipeline.decode.deep import DeepImage, deep_to_image, deep_to_srgb, eight_bits
from pipeline.decode.icc import icc_to_srgb
from sharp_core.containers.cicp import Colors

# The brightest value of images in 32-bit whole or floating-point numbers is nowhere stored: it is
# the least of these that no pixel is above.
_USUAL_WHITES = (1.0, 255.0, 65535.0, 4294967295.0)


def to_srgb(image: Image.Image | DeepImage, colors: Colors | None) -> Image.Image:
    """Return the image as RGB; it may be changed in place.

    `colors` are given by numbers, if anything gives them so.
    """
    if isinstance(image, DeepImage):
        if colors is not None and counts(colors, image.icc_profile):
            color = deep_to_srgb(image.color, colors)
        else:
            color = icc_to_srgb(deep_to_image(image.color), image.icc_profile)
        return color if image.alpha is None else _on_white(color, image.alpha)
    profile = image.info.get("icc_profile")
    color, alpha = _split(image)
    if colors is not None and counts(colors, profile):
        color = image_to_srgb(color.convert("RGB"), colors)
    else:
        color = icc_to_srgb(color, profile)
    return color if alpha is None else _on_white(color, alpha)


def counts(colors: Colors, profile: bytes | None) -> bool:
    """Say whether colours that numbers give are the ones to apply.

    Where both are there, numbers tell more of high dynamic range, and a profile of the rest.
    """
    return not is_like_srgb(colors) and (is_hdr(colors) or not profile)


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours, in one of the modes L, RGB, CMYK and LAB, and the opacity, if any."""
    if image.mode in ("P", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
    match image.mode:
        case "LA":
            color, alpha = image.getchannel("L"), image.getchannel("A")
        case "RGBA":
            color, alpha = image.convert("RGB"), image.getchannel("A")
        case "L" | "RGB" | "CMYK" | "LAB":
            return image, None
        case "1":
            return image.convert("L"), None
        case mode if mode.startswith(("I", "F")):
            return _scale(image), None
        case _:
            return image.convert("RGB"), None
    return color, None if alpha.getextrema() == (255, 255) else alpha


def _scale(image: Image.Image) -> Image.Image:
    """Return a grey image of 16 or 32 bits as one of 8."""
    values = np.asarray(image)
    if values.dtype.itemsize == 2:  # either byte order
        return Image.fromarray(eight_bits(values))
    if values.dtype.kind == "i":
        values = values.view(np.uint32)  # as images are stored; Pillow has a signed type alone
    light = np.nan_to_num(values, posinf=0.0, neginf=0.0).astype(np.float64)
    white = next((white for white in _USUAL_WHITES if light.max() <= white), light.max())
    return Image.fromarray((np.clip(light / white, 0, 1) * 255 + 0.5).astype(np.uint8))


def _on_white(color: Image.Image, alpha: Image.Image) -> Image.Image:
    page = Image.new("RGB", color.size, "white")
    page.paste(color, mask=alpha)
    return page
