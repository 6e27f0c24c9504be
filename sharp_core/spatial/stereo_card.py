"""Stereo cards of the classic size: 7 x 3.5 inches, with two arched pictures of 3 inches.

Oliver Wendell Holmes' viewer set the proportions; cards of 1880 and viewers of today share them.
The lenses of a viewer stand farther apart than eyes, and so do the pictures.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]

DPI = 300
_CARD_IN = (7.0, 3.5)
_WINDOW_IN = (3.0, 3.0)
_WINDOWS_APART_IN = 3.12  # between their middles: 79 mm
_TOP_IN = 0.2
_ARCH_IN = 0.3  # how far the sides of the arch lie below its middle
_TEXT_IN = 0.11
_MOUNT = (226, 210, 178)  # buff
_INK = (70, 52, 30)
_SMOOTH = 4  # samples a side of a dot at the edge of the arch


def stereo_card(first: Pixels, second: Pixels, caption: str = "") -> Pixels:
    """Return a card (1050, 2100, 3) with two pictures (H, W, 3), side by side.

    The left eye's picture comes first, or the right eye's for cross-eyed viewing. Of each the
    middle is shown. A caption that the built-in font cannot write is left out.
    """
    card = Image.new("RGB", _dots(_CARD_IN), _MOUNT)
    window, arch = _dots(_WINDOW_IN), _arch()
    middle, top = card.width / 2, round(_TOP_IN * DPI)
    for side, picture in ((-0.5, first), (0.5, second)):
        left = round(middle + side * _WINDOWS_APART_IN * DPI - window[0] / 2)
        card.paste(_filled(picture, window), (left, top), arch)
    if caption and all(character.isprintable() and ord(character) < 0x180 for character in caption):
        font = ImageFont.load_default(_TEXT_IN * DPI)
        below = (top + window[1] + card.height) / 2
        draw = ImageDraw.Draw(card)
        draw.text((middle, below), _shortened(caption, font, card.width * 0.9), _INK, font, "mm")
    return np.asarray(card)


def _dots(inches: tuple[float, float]) -> tuple[int, int]:
    return round(inches[0] * DPI), round(inches[1] * DPI)


def _filled(picture: Pixels, size: tuple[int, int]) -> Image.Image:
    """Return the middle of a picture, in a size."""
    image = Image.fromarray(picture)
    scale = min(image.width / size[0], image.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    box = (left, top, left + width, top + height)
    return image.resize(size, Image.Resampling.LANCZOS, box)


def _arch() -> Image.Image:
    """Return the mask of a window: a rectangle whose upper side is an arc of a circle."""
    width, height = (side * _SMOOTH for side in _dots(_WINDOW_IN))
    rise = _ARCH_IN * DPI * _SMOOTH
    radius = (width**2 / 4 + rise**2) / (2 * rise)
    x = np.arange(width) + 0.5 - width / 2
    y = np.arange(height) + 0.5
    inside = y[:, None] >= radius - np.sqrt(radius**2 - x**2)
    mask = Image.fromarray((inside * 255).astype(np.uint8))
    return mask.resize(_dots(_WINDOW_IN), Image.Resampling.BOX)


def _shortened(
    caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, most: float
) -> str:
    while font.getlength(caption) > most:
        caption = caption[:-2].rstrip() + "…"
    return caption
