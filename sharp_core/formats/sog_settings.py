"""How finely a SOG stores a scene: the presets, as steps of each attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Cells a side of the published model's grid: the unit of steps across the ray, for any scene.
GRID_CELLS = 768

Preset = Literal["small", "default", "high", "max"]


@dataclass(frozen=True, slots=True)
class Steps:
    """Whole steps between neighbouring stored values: errors are at most half of them."""

    across: float  # of positions across the ray, in cells, GRID_CELLS of which span the picture
    along: float  # of depth, as a share of it
    rotation: int  # of a quaternion's components, in 1 / 255 of their range of sqrt(2)
    scale: float  # of the natural logarithm of scales
    depth_scale: float  # the same for the axis along the viewing direction, where shapes face it
    color: float  # of sRGB, in 1 / 255
    opacity: int  # in 1 / 255; a divisor of 255, so that full opacity is a stored value


@dataclass(frozen=True, slots=True)
class SogSettings:
    """All that a preset stands for."""

    # facing: one axis of each Gaussian is turned into the photo's viewing direction, and the other
    #         two are chosen such that the picture from the photo's place stays what it was.
    # full:   shapes as they are.
    shapes: Literal["facing", "full"]
    visible: Steps  # of the first layer of a predictor's grid, and of scenes without layers
    hidden: Steps  # of the second layer, which shows through gaps of the first alone


PRESETS: dict[Preset, SogSettings] = {
    "small": SogSettings(
        "facing",
        Steps(0.16, 2e-4, 20, 0.16, 0.48, 5.0, 17),
        Steps(0.64, 8e-4, 40, 0.32, 0.48, 20.0, 51),
    ),
    "default": SogSettings(
        "facing",
        Steps(0.08, 8e-5, 12, 0.1, 0.4, 3.0, 15),
        Steps(0.32, 32e-5, 24, 0.3, 0.6, 12.0, 17),
    ),
    "high": SogSettings(
        "full",
        Steps(0.04, 2e-5, 6, 0.06, 0.06, 1.5, 5),
        Steps(0.08, 4e-5, 12, 0.12, 0.12, 3.0, 15),
    ),
    "max": SogSettings(
        "full",
        Steps(0.02, 1e-5, 2, 0.04, 0.04, 1.0, 3),
        Steps(0.02, 1e-5, 2, 0.04, 0.04, 1.0, 3),
    ),
}
