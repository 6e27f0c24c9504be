"""Pictures of procedural scenes for the training of `small`."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sharp_core.models.small import config
from sharp_core.training.procedural import scene
from sharp_core.training.procedural.generate import random_camera, random_place
from sharp_core.training.procedural.textures import TextureSource
from sharp_core.training.procedural.tracer import Rendering, render
from sharp_core.training.small.augment import blurred

# Steps seed with (seed, step); this first number is beyond any sensible seed.
_VALIDATION_SEED = 2**31


@dataclass(frozen=True)
class Sample:
    """One training picture and its truth at half the size."""

    pixels: NDArray[np.float32]
    """(H, W, 3), sRGB in [0, 1]."""
    inverse_depth: NDArray[np.float32]
    """(H/2, W/2): larger is nearer; any scale and shift."""
    classes: NDArray[np.uint8]
    """(H/2, W/2): indices of `config.CLASS_NAMES`."""


class SceneSource(Protocol):
    """Makes a picture of a procedural scene."""

    def sample(self, height: int, width: int, rng: Generator) -> Sample:
        """Return a picture of this size; it depends on `rng` alone."""


@dataclass(frozen=True)
class ProceduralScenes:
    """Random scenes of `sharp_core.training.procedural`."""

    textures: TextureSource

    def sample(self, height: int, width: int, rng: Generator) -> Sample:
        """Return a picture of this size; it depends on `rng` and the textures' files alone."""
        place = random_place(rng, self.textures)
        rendering = render(place.scene, random_camera(place, height, width, rng))
        # One ray per pixel makes stairs of edges; lenses and sensors do not.
        pixels = blurred(rendering.rgb, float(rng.uniform(0.4, 0.9)))
        inverse_depth, classes = nearest_of_cells(rendering)
        return Sample(pixels, inverse_depth, classes)


def nearest_of_cells(rendering: Rendering) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return inverse depth in 1/m and classes (H/2, W/2): of each cell's nearest pixel.

    The nearest, not the mean: edges stay crisp, and a wire of one pixel stays whole.
    """
    n = config.OUTPUT_STRIDE
    height, width = rendering.depth.shape[0] // n, rendering.depth.shape[1] // n

    def cells(values: NDArray[np.generic]) -> NDArray[np.generic]:
        split = values.reshape(height, n, width, n).transpose(0, 2, 1, 3)
        return split.reshape(height, width, n * n)

    inverse = cells(1.0 / rendering.depth)
    nearest = inverse.argmax(axis=2)[..., None]
    classes = np.take_along_axis(cells(rendering.classes), nearest, axis=2)[..., 0]
    depth = np.take_along_axis(inverse, nearest, axis=2)[..., 0]
    return np.asarray(depth, np.float32), _network_classes()[classes]


def _network_classes() -> NDArray[np.uint8]:
    """Return the network's class for each class of a rendering."""
    table = np.empty(4, dtype=np.uint8)
    table[scene.SKY], table[scene.GROUND] = config.SKY, config.GROUND
    table[scene.PERSON], table[scene.OTHER] = config.PERSON, config.OTHER
    return table


def validation_scenes(source: SceneSource, count: int, height: int, width: int) -> list[Sample]:
    """Return scenes that no training step draws, the same ones each time."""
    return [
        source.sample(height, width, np.random.default_rng((_VALIDATION_SEED, number)))
        for number in range(count)
    ]
