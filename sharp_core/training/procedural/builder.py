"""Collects the items of a scene; what the makers of people, plants, streets, ... share."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sharp_core.training.procedural.leaves import Leaves
from sharp_core.training.procedural.scene import OTHER, Item, Light, Material, Scene, Sky
from sharp_core.training.procedural.solids import Capsule, Solid, SolidKind
from sharp_core.training.procedural.textures import TextureSource, random_colour

Array = NDArray[np.float32]

# Reading a photo costs as much as drawing a few hundred shapes, so a scene shares some textures.
_PALETTE = 7


class SceneBuilder:
    """A scene under construction, with its random generator and textures."""

    def __init__(self, rng: Generator, textures: TextureSource) -> None:
        self.rng = rng
        self.palette = [textures.draw(rng) for _ in range(_PALETTE)]
        self.items: list[Item] = []

    def material(self, kind: int = OTHER, metres: float = 1.0, *, glow: float = 0.0) -> Material:
        """Return a material with a random texture of the palette and a random tint."""
        texture = self.palette[int(self.rng.integers(len(self.palette)))]
        tint = np.exp(self.rng.normal(0.0, 0.12, 3) + self.rng.normal(0.0, 0.3))
        size = metres * float(np.exp(self.rng.uniform(-0.7, 0.7)))
        return Material(texture, size, tint.astype(np.float32), glow, kind)

    def plain(self, kind: int = OTHER, colour: Array | None = None) -> Material:
        """Return a material of nearly one colour: paint, skin, metal."""
        material = self.material(kind, 2.0)
        mean = material.texture.levels[-1][0, 0]
        wanted = random_colour(self.rng) if colour is None else colour
        tint = wanted / np.maximum(mean, 0.02)
        return Material(material.texture, 6.0, np.minimum(tint, 4.0).astype(np.float32), 0.0, kind)

    def solid(self, kind: SolidKind, centre: Array, axes: Array, material: Material) -> None:
        """Add a solid; the columns of `axes` (3, 3) are its half axes in metres."""
        shape = Solid(kind, np.asarray(centre, np.float32), np.asarray(axes, np.float32))
        self.items.append(Item(shape, material))

    def upright(
        self,
        kind: SolidKind,
        base: Array,
        half: tuple[float, float, float],
        yaw: float,
        material: Material,
    ) -> None:
        """Add a solid that stands on `base` (3,); `half` is its half width, height and depth."""
        turn = turned(yaw)
        centre = np.asarray(base, np.float32) + np.array([0.0, -half[1], 0.0], np.float32)
        self.solid(kind, centre, turn * np.array(half, np.float32), material)

    def capsule(self, start: Array, end: Array, radius: float, material: Material) -> None:
        """Add a round bar with round ends; lengths in metres."""
        shape = Capsule(np.asarray(start, np.float32), np.asarray(end, np.float32), radius)
        self.items.append(Item(shape, material))

    def leaves(
        self, centres: Array, length: float, width: float, material: Material, upright: float
    ) -> None:
        """Add leaves of about this half length and half width in metres at `centres` (N, 3).

        `upright` 0 turns them anyhow, 1 makes them stand like grass.
        """
        count = len(centres)
        along = self.rng.normal(size=(count, 3)) * (1.0 - 0.8 * upright)
        along[:, 1] -= 1.5 * upright
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        across = np.cross(along, self.rng.normal(size=(count, 3)))
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
        size = np.exp(self.rng.normal(0.0, 0.25, (count, 1)))
        shape = Leaves(
            np.asarray(centres, np.float32),
            (along * size * length).astype(np.float32),
            (across * size * width).astype(np.float32),
            self.rng.uniform(0.5, 1.3, count).astype(np.float32),
        )
        self.items.append(Item(shape, material))

    def finished(self, sky: Sky, light: Light, focus: Array, extent: float) -> Scene:
        """Return the scene."""
        return Scene(tuple(self.items), sky, light, np.asarray(focus, np.float32), extent)


def turned(yaw: float) -> Array:
    """Return the rotation (3, 3) by `yaw` radians around the vertical."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=np.float32)


def point(x: float, y: float, z: float) -> Array:
    """Return (3,) in metres; y down."""
    return np.array([x, y, z], dtype=np.float32)


def random_sky(builder: SceneBuilder) -> Sky:
    """Return a blue, grey, evening or night sky."""
    rng = builder.rng
    mood = rng.random()
    if mood < 0.5:
        zenith, horizon = np.array([0.08, 0.22, 0.6]), np.array([0.45, 0.6, 0.8])
    elif mood < 0.8:
        zenith, horizon = np.array([0.45, 0.48, 0.52]), np.array([0.75, 0.76, 0.78])
    elif mood < 0.93:
        zenith, horizon = np.array([0.15, 0.15, 0.35]), np.array([0.9, 0.45, 0.2])
    else:
        zenith, horizon = np.array([0.005, 0.006, 0.015]), np.array([0.03, 0.025, 0.03])
    change = np.exp(rng.normal(0.0, 0.25, (2, 3)))
    clouds = builder.palette[int(rng.integers(len(builder.palette)))]
    cloudiness = float(rng.uniform(0.0, 0.5)) if rng.random() < 0.4 else 0.0
    return Sky(
        np.clip(zenith * change[0], 0, 1).astype(np.float32),
        np.clip(horizon * change[1], 0, 1).astype(np.float32),
        clouds,
        cloudiness,
    )


def random_light(rng: Generator, *, outdoors: bool) -> Light:
    """Return sun or overcast light, or the lamp of a room; seldom with haze."""
    height = float(rng.uniform(0.2, 1.3))
    yaw = float(rng.uniform(0.0, 2 * np.pi))
    towards = point(
        float(np.cos(height) * np.sin(yaw)),
        -float(np.sin(height)),
        float(np.cos(height) * np.cos(yaw)),
    )
    strength = float(rng.uniform(0.2, 1.4))
    warm = np.array([1.05, 1.0, 0.9]) if rng.random() < 0.5 else np.ones(3)
    haze = float("inf")
    if outdoors and rng.random() < 0.5:
        haze = float(np.exp(rng.uniform(np.log(40.0), np.log(3000.0))))
    ambient = np.full(3, float(rng.uniform(0.25, 0.9)))
    return Light(
        towards,
        (strength * warm).astype(np.float32),
        ambient.astype(np.float32),
        haze,
        shadows=bool(rng.random() < (0.6 if outdoors else 0.25)),
    )
