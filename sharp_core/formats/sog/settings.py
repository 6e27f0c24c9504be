"""Quality presets of SOG, as quantisation steps of each attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sharp_core.formats.scene import SceneInfo

# Cells per side of the published model's grid. Position steps across the ray are in this unit.
GRID_CELLS = 768

Preset = Literal["small", "default", "high", "max"]


@dataclass(frozen=True, slots=True)
class QuantizationSteps:
    """Steps between neighbouring stored values. The error is at most half a step."""

    across: float  # of positions across the ray, in cells; GRID_CELLS cells span the image
    along: float  # of depth, relative to it
    rotation: int  # of a quaternion component, in units of sqrt(2) / 255
    scale: float  # of the natural logarithm of scales
    third_scale: float  # the same for the axis along the view, if the viewpoint is known
    color: float  # of sRGB, in 1 / 255
    opacity: int  # in 1 / 255; must divide 255, so that full opacity can be stored


@dataclass(frozen=True, slots=True)
class SogSettings:
    """The steps of one preset."""

    visible: QuantizationSteps  # of the first layer, and of scenes without layers
    hidden: QuantizationSteps  # of the second layer, which shows only through gaps of the first

    @property
    def of_layers(self) -> tuple[QuantizationSteps, QuantizationSteps]:
        """The steps of each layer."""
        return self.visible, self.hidden


PRESETS: dict[Preset, SogSettings] = {
    "small": SogSettings(
        QuantizationSteps(0.16, 1e-4, 24, 0.24, 0.48, 3.0, 17),
        QuantizationSteps(0.96, 16e-4, 40, 0.48, 0.48, 12.0, 51),
    ),
    "default": SogSettings(
        QuantizationSteps(0.08, 4e-5, 16, 0.125, 0.4, 2.0, 17),
        QuantizationSteps(0.48, 48e-5, 24, 0.25, 0.5, 8.0, 51),
    ),
    "high": SogSettings(
        QuantizationSteps(0.04, 2e-5, 8, 0.06, 0.18, 1.0, 3),
        QuantizationSteps(0.08, 4e-5, 16, 0.12, 0.24, 4.0, 15),
    ),
    "max": SogSettings(
        QuantizationSteps(0.02, 1e-5, 3, 0.04, 0.04, 1.0, 3),
        QuantizationSteps(0.02, 1e-5, 3, 0.04, 0.04, 1.0, 3),
    ),
}


@dataclass(frozen=True, slots=True)
class SogOptions:
    """How a SOG is written."""

    preset: Preset = "default"
    threads: int = 2  # images that are compressed in parallel


def cell_size(info: SceneInfo) -> tuple[float, float]:
    """Return width and height of a grid cell at a depth of 1, in the unit of depth."""
    focal = info.focal_px * GRID_CELLS
    return info.width / focal, info.height / focal
