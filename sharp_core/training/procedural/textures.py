"""Surface textures: crops of photos from a folder, or noise and patterns.

Colours are linear RGB in [0, 1]. A texture is repeated by mirroring, so that it has no seams.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]

_SIDE = 128
# sRGB to linear by a power is close enough for materials whose true reflectance is unknown.
_GAMMA = 2.2


@dataclass(frozen=True)
class Texture:
    """A square picture and its halved copies, finest first; each (S, S, 3), linear."""

    levels: tuple[Array, ...]

    def sample(self, uv: Array, footprint: Array) -> Array:
        """Return colours (P, 3) at `uv` (P, 2), in units of the texture's side.

        `footprint` (P,) is the size of a pixel in the same unit: far surfaces use coarse levels,
        so that they do not flicker.
        """
        sides = [level.shape[0] for level in self.levels]
        wanted = np.log2(np.maximum(footprint * sides[0], 1e-6))
        chosen = np.clip(np.rint(wanted), 0, len(sides) - 1).astype(np.int64)
        folded = np.abs(np.mod(uv + 1.0, 2.0) - 1.0)  # (P, 2) in [0, 1], mirrored
        colours = np.empty((len(uv), 3), dtype=np.float32)
        for index in np.unique(chosen):
            these = np.nonzero(chosen == index)[0]
            side = sides[index]
            at = np.minimum((folded[these] * side).astype(np.int64), side - 1)
            colours[these] = self.levels[index][at[:, 1], at[:, 0]]
        return colours


def texture_from(picture: Array) -> Texture:
    """Return the texture of a linear picture (S, S, 3), S a power of two."""
    levels = [np.ascontiguousarray(picture, dtype=np.float32)]
    while levels[-1].shape[0] > 1:
        last = levels[-1]
        half = last.shape[0] // 2
        levels.append(last.reshape(half, 2, half, 2, 3).mean(axis=(1, 3)))
    return Texture(tuple(levels))


@dataclass(frozen=True)
class TextureSource:
    """Where textures come from: photos, if there are any, and patterns."""

    photos: tuple[Path, ...] = ()
    photo_share: float = 0.75

    def draw(self, rng: Generator) -> Texture:
        """Return a random texture."""
        if self.photos and rng.random() < self.photo_share:
            path = self.photos[int(rng.integers(len(self.photos)))]
            picture = _photo_crop(path, rng)
        else:
            pattern = (noise, stripes, bricks)[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
            picture = pattern(rng)
        # Most real surfaces have less contrast than a whole photo or a pattern.
        contrast = np.float32(rng.uniform(0.2, 1.0))
        mean = picture.mean(axis=(0, 1))
        return texture_from(mean + contrast * (picture - mean))


def textures_of(folder: Path) -> TextureSource:
    """Return a source of crops of the JPEG photos directly in `folder`."""
    photos = tuple(sorted(folder.glob("*.jpg")))
    if not photos:
        raise FileNotFoundError(f"{folder}: expected photos as *.jpg for textures, found none")
    return TextureSource(photos)


def _photo_crop(path: Path, rng: Generator) -> Array:
    with Image.open(path) as image:
        image.draft("RGB", (2 * _SIDE, 2 * _SIDE))  # decode JPEG at a reduced size
        rgb = image.convert("RGB")
    side = min(rgb.size) * float(rng.uniform(0.3, 1.0))
    left, top = rng.uniform(0.0, rgb.width - side), rng.uniform(0.0, rgb.height - side)
    box = (left, top, left + side, top + side)
    crop = rgb.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box)
    return np.asarray(np.asarray(crop, dtype=np.float32) / 255.0) ** np.float32(_GAMMA)


def noise(rng: Generator) -> Array:
    """Return coloured noise of several octaves, (S, S, 3)."""
    roughness = float(rng.uniform(0.4, 0.9))
    grey = fractal(rng, _SIDE, roughness)
    low, high = random_colour(rng), random_colour(rng)
    return np.asarray(low + grey[..., None] * (high - low), np.float32)


def fractal(rng: Generator, side: int, roughness: float) -> Array:
    """Return (S, S) noise in [0, 1]; each octave has `roughness` times the former's strength."""
    total = np.zeros((side, side), dtype=np.float32)
    cells, strength = 4, 1.0
    while cells <= side:
        grid = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
        octave = np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))
        total += np.float32(strength) * octave
        cells, strength = cells * 2, strength * roughness
    low, high = total.min(), total.max()
    return np.asarray((total - low) / max(float(high - low), 1e-6), dtype=np.float32)


def stripes(rng: Generator) -> Array:
    """Return stripes with noise, such as boards or cloth, (S, S, 3)."""
    count = int(rng.integers(2, 12))
    wave = np.sin(np.linspace(0.0, 2 * np.pi * count, _SIDE, endpoint=False)) > rng.uniform(
        -0.9, 0.9
    )
    grey = np.repeat(wave[None, :].astype(np.float32), _SIDE, axis=0)
    if rng.random() < 0.5:
        grey = grey.T
    mixed = 0.7 * grey + 0.3 * fractal(rng, _SIDE, 0.7)
    low, high = random_colour(rng), random_colour(rng)
    return np.asarray(low + mixed[..., None] * (high - low), dtype=np.float32)


def bricks(rng: Generator) -> Array:
    """Return bricks, tiles or rows of windows, (S, S, 3)."""
    rows, columns = int(rng.integers(3, 12)), int(rng.integers(2, 8))
    gap = float(rng.uniform(0.05, 0.4))
    y, x = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) / np.float32(_SIDE)
    shift = 0.5 if rng.random() < 0.5 else 0.0
    row = np.floor(y * rows)
    inside = ((y * rows) % 1 > gap) & ((x * columns + shift * (row % 2)) % 1 > gap * 0.7)
    mixed = 0.75 * inside.astype(np.float32) + 0.25 * fractal(rng, _SIDE, 0.6)
    low, high = random_colour(rng), random_colour(rng)
    return np.asarray(low + mixed[..., None] * (high - low), dtype=np.float32)


def random_colour(rng: Generator) -> Array:
    """Return (3,) linear: any brightness, mostly of low saturation as real things are."""
    brightness = float(rng.uniform(0.02, 0.8))
    hue = rng.uniform(0.6, 1.4, 3) if rng.random() < 0.75 else rng.uniform(0.1, 1.6, 3)
    return np.clip(brightness * hue, 0.01, 0.95).astype(np.float32)
