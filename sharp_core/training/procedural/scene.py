"""What a procedural scene is made of: shapes with materials, a sky and light."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sharp_core.training.procedural.leaves import Leaves
from sharp_core.training.procedural.solids import Capsule, Solid
from sharp_core.training.procedural.textures import Texture

Array = NDArray[np.float32]

SKY, GROUND, PERSON, OTHER = range(4)
"""Classes of what a pixel shows."""


@dataclass(frozen=True)
class Material:
    """Looks and class of a surface."""

    texture: Texture
    metres: float = 1.0
    """Side of one repetition of the texture."""
    tint: Array = field(default_factory=lambda: np.ones(3, dtype=np.float32))
    glow: float = 0.0
    """Share of the colour that needs no light: lamps, windows."""
    kind: int = OTHER


@dataclass(frozen=True)
class Item:
    """A shape in the scene."""

    shape: Solid | Capsule | Leaves
    material: Material


@dataclass(frozen=True)
class Sky:
    """Colours of what lies behind everything."""

    zenith: Array
    horizon: Array
    clouds: Texture
    cloudiness: float
    """Share of the clouds' picture in the colour, 0 to 1."""


@dataclass(frozen=True)
class Light:
    """One distant lamp, light from all sides, and haze."""

    towards: Array
    """(3,) unit vector to the lamp."""
    direct: Array
    """(3,) linear colour of the lamp."""
    ambient: Array
    """(3,) linear colour from all sides."""
    haze_metres: float = float("inf")
    """Distance at which haze hides 63 % of a surface."""
    shadows: bool = True


@dataclass(frozen=True)
class Scene:
    """Everything that a camera may see."""

    items: tuple[Item, ...]
    sky: Sky
    light: Light
    focus: Array
    """(3,): the middle of what matters; shadows are exact around it."""
    extent: float
    """Radius in metres around `focus` in which shadows fall."""
