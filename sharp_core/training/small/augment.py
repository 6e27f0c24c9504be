"""Change a training photo's looks, not its geometry: light, colour, blur, noise, JPEG.

Each function takes and returns sRGB pixels as float32 (H, W, 3) in [0, 1].
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.float32]

# Rec. 709 luma, for grey pictures and saturation.
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


@dataclass(frozen=True)
class AugmentSettings:
    """How often each change is made; each is drawn by itself."""

    colour: float = 0.8
    grey: float = 0.05
    dark: float = 0.12
    """Night: a fifth to a half of the values, and noise."""
    blur: float = 0.25
    low_resolution: float = 0.15
    noise: float = 0.25
    jpeg: float = 0.3


def augmented(pixels: Pixels, settings: AugmentSettings, rng: Generator) -> Pixels:
    """Return a changed copy of `pixels`, in the order of a camera: lens, light, sensor, file."""
    if rng.random() < settings.low_resolution:
        pixels = low_resolution(pixels, float(rng.uniform(0.4, 0.8)))
    if rng.random() < settings.blur:
        pixels = blurred(pixels, float(rng.uniform(0.3, 1.6)))
    if rng.random() < settings.colour:
        pixels = recoloured(pixels, rng)
    if rng.random() < settings.grey:
        pixels = np.repeat((pixels @ _LUMA)[..., None], 3, axis=2)
    if rng.random() < settings.dark:
        pixels = noisy(darkened(pixels, rng), float(rng.uniform(0.01, 0.05)), rng)
    if rng.random() < settings.noise:
        pixels = noisy(pixels, float(rng.uniform(0.005, 0.05)), rng)
    if rng.random() < settings.jpeg:
        pixels = recompressed(pixels, int(rng.integers(20, 85)))
    return np.ascontiguousarray(np.clip(pixels, 0.0, 1.0), dtype=np.float32)


def recoloured(pixels: Pixels, rng: Generator) -> Pixels:
    """Change gamma, gain of each channel (white balance), contrast and saturation."""
    gamma = float(np.exp(rng.uniform(-0.4, 0.4)))
    gains = np.exp(rng.uniform(-0.12, 0.12, 3) + rng.uniform(-0.25, 0.25)).astype(np.float32)
    changed = np.clip(pixels, 0.0, 1.0) ** np.float32(gamma) * gains
    contrast = np.float32(rng.uniform(0.7, 1.3))
    mean = changed.mean()
    changed = (changed - mean) * contrast + mean
    saturation = np.float32(rng.uniform(0.4, 1.5))
    grey = (changed @ _LUMA)[..., None]
    return _clipped(grey + (changed - grey) * saturation)


def darkened(pixels: Pixels, rng: Generator) -> Pixels:
    """Return the picture at night: little light, a colour cast, black lifted by the sensor."""
    gain = np.float32(rng.uniform(0.18, 0.45))
    cast = rng.uniform(0.8, 1.2, 3).astype(np.float32)
    lift = np.float32(rng.uniform(0.0, 0.03))
    return _clipped(pixels * gain * cast + lift)


def noisy(pixels: Pixels, deviation: float, rng: Generator) -> Pixels:
    """Add Gaussian noise of this standard deviation."""
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(deviation)
    return _clipped(pixels + noise)


def blurred(pixels: Pixels, radius: float) -> Pixels:
    """Blur with a Gaussian of this standard deviation in pixels."""
    return _from_image(_to_image(pixels).filter(ImageFilter.GaussianBlur(radius)))


def low_resolution(pixels: Pixels, share: float) -> Pixels:
    """Shrink to `share` of the size and enlarge again."""
    image = _to_image(pixels)
    small = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    shrunk = image.resize(small, Image.Resampling.BILINEAR)
    return _from_image(shrunk.resize(image.size, Image.Resampling.BICUBIC))


def recompressed(pixels: Pixels, quality: int) -> Pixels:
    """Write and read as JPEG of this quality."""
    buffer = io.BytesIO()
    _to_image(pixels).save(buffer, "JPEG", quality=quality)
    return _from_image(Image.open(buffer))


def _clipped(pixels: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(pixels, 0.0, 1.0), dtype=np.float32)


def _to_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.uint8(np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5))


def _from_image(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.float32) / np.float32(255.0)
