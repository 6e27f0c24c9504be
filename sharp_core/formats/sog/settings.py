"""How finely a SOG stores a scene: the presets, as steps of each attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sharp_core.formats.scene import SceneInfo

# Cells a side of the published model's grid: the unit of steps across the ray, for any scene.
GRID_CELLS = 768

Preset = Literal["small", "default", "high", "max"]


@dataclass(frozen=True, slots=True)
class Steps:
    """Whole steps between neighbouring stored values: errors are at most half of them."""

    across: float  # of positions across the ray, in cells, GRID_CELLS of which span the picture
    along: float  # of depth, as a share of it
    rotation: int  # in 1 / 255 of sqrt(2), as a component of a quaternion
    scale: float  # of the natural logarithm of scales
    third_scale: float  # the same for the axis along the view, where that is known
    color: float  # of sRGB, in 1 / 255
    opacity: int  # in 1 / 255; a divisor of 255, so that full opacity is a stored value


@dataclass(frozen=True, slots=True)
class SogSettings:
    """All that a preset stands for."""

    visible: Steps  # of the first layer of a predictor's grid, and of scenes without layers
    hidden: Steps  # of the second layer, which shows through gaps of the first alone


PRESETS: dict[Preset, SogSettings] = {
    "small": SogSettings(
        Steps(0.16, 1e-4, 24, 0.24, 0.48, 3.0, 17),
        Steps(0.96, 16e-4, 40, 0.48, 0.48, 12.0, 51),
    ),
    "default": SogSettings(
        Steps(0.08, 4e-5, 16, 0.125, 0.4, 2.0, 17),
        Steps(0.48, 48e-5, 24, 0.25, 0.5, 8.0, 51),
    ),
    "high": SogSettings(
        Steps(0.04, 2e-5, 8, 0.06, 0.18, 1.0, 3),
        Steps(0.08, 4e-5, 16, 0.12, 0.24, 4.0, 15),
    ),
    "max": SogSettings(
        Steps(0.02, 1e-5, 3, 0.04, 0.04, 1.0, 3),
        Steps(0.02, 1e-5, 3, 0.04, 0.04, 1.0, 3),
    ),
}


@dataclass(frozen=True, slots=True)
class SogOptions:
    """How a SOG is written."""

    preset: Preset = "default"
    fast: bool = False  # four fifths of the time for 3 % more bytes
    threads: int = 2  # at most as many images are compressed at a time


def cell_size(info: SceneInfo) -> tuple[float, float]:
    """Return width and height of a cell of the photo's picture at a distance of 1."""
    focal = info.focal_px * GRID_CELLS
    return info.width / focal, info.height / focal
