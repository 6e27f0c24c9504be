"""Pictures of known kinds, for tests of what is measured on pictures and scenes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[np.uint8]


def photo_like(width: int = 480, height: int = 320, seed: int = 0) -> Pixels:
    """Return patches of many colours with sharp edges and some noise, as in a photo."""
    random = np.random.default_rng(seed)
    patches = random.integers(30, 225, (height // 40, width // 40, 3), dtype=np.uint8)
    large = patches.repeat(40, axis=0).repeat(40, axis=1).astype(np.int16)
    ramp = np.linspace(-25, 25, large.shape[1]).astype(np.int16)[None, :, None]
    noise = random.integers(-6, 7, large.shape)
    return (large + ramp + noise).clip(0, 255).astype(np.uint8)


def blurred(pixels: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def page(width: int = 480, height: int = 640, seed: int = 0) -> Pixels:
    """Return lines of words on grey paper with a little noise."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (205, 203, 198))
    draw = ImageDraw.Draw(image)
    for y in range(30, height - 30, 14):
        x = 30
        while x < width - 60:
            length = int(random.integers(2, 9))
            draw.text((x, y), "".join(random.choice(list("abcdefgh"), length)), fill=(40, 40, 45))
            x += 7 * length + 6
    noise = random.integers(-3, 4, (height, width, 1))
    return (np.asarray(image).astype(np.int16) + noise).clip(0, 255).astype(np.uint8)


def window(width: int = 360, height: int = 780) -> Pixels:
    """Return what a phone shows: a bar, and buttons on one colour."""
    image = Image.new("RGB", (width, height), (24, 26, 30))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, 50), fill=(30, 60, 120))
    for y in range(120, height - 80, 90):
        draw.rounded_rectangle((30, y, width - 30, y + 44), 12, fill=(60, 62, 70))
        draw.text((50, y + 14), "Settings of this and that", fill=(230, 230, 230))
    return np.asarray(image)


def stars(width: int = 480, height: int = 320, seed: int = 0) -> Pixels:
    """Return points of light on a dark sky."""
    random = np.random.default_rng(seed)
    sky = random.integers(12, 18, (height, width, 3), dtype=np.uint8)
    ys, xs = random.integers(4, height - 4, 300), random.integers(4, width - 4, 300)
    sky[ys, xs] = 220
    return sky


def lake(width: int = 480, height: int = 320, seed: int = 0) -> Pixels:
    """Return a shore above its own image in still water."""
    upper = blurred(photo_like(width, height // 2, seed), 1)
    return np.concatenate((upper, (upper[::-1] * 0.85).astype(np.uint8)))
