"""What each maker of a scene returns, and the ground that they share."""

from dataclasses import dataclass

import numpy as np

from sharp_core.training.procedural.builder import SceneBuilder, point, turned
from sharp_core.training.procedural.scene import GROUND, Scene


@dataclass(frozen=True)
class Place:
    """A scene, and the height of the camera above the ground in metres and its usual pitch."""

    scene: Scene
    eye_height: float
    pitch: float
    """Radians; looking up is positive."""


def add_ground(builder: SceneBuilder, metres: float) -> None:
    """Add a level ground to the horizon."""
    axes = turned(float(builder.rng.uniform(0, 6.3)))
    flat = np.stack([axes[:, 0] * 3000, axes[:, 2] * 3000, axes[:, 1]], axis=1)
    builder.solid("rectangle", point(0, 0, 0), flat, builder.material(GROUND, metres))
