"""`RenderResult`, the output of every engine: linear colour, depth in metres and alpha."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # the CPU engine renders arrays without torch
    import torch
    from torch import Tensor

Background = tuple[float, float, float]  # linear RGB
BLACK: Background = (0.0, 0.0, 0.0)

_TABLE_SIZE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class RenderResult:
    """One view, as tensors on the engine's device."""

    color_linear: Tensor  # (H, W, 3) linear RGB over the background
    depth: Tensor  # (H, W) metres: alpha-weighted mean depth, 0 where alpha is 0
    alpha: Tensor  # (H, W) coverage of each pixel by the scene, 0 to 1

    def srgb8(self) -> npt.NDArray[np.uint8]:
        """Return the colours as an 8-bit sRGB image, (H, W, 3)."""
        return to_srgb8(self.color_linear)


def to_srgb8(linear: Tensor) -> npt.NDArray[np.uint8]:
    """Encode linear light of any shape as 8-bit sRGB on the CPU. Values are clipped to [0, 1].

    A lookup table is used. Its steps are a twentieth of an sRGB level where the curve is steepest.
    """
    index = linear.detach().clamp(0.0, 1.0).mul_(_TABLE_SIZE - 1).round_().long()
    return _srgb_table(linear.device).take(index).cpu().numpy()


@functools.cache
def _srgb_table(device: torch.device) -> Tensor:
    import torch

    from sharp_core.scene.colors import linear_to_srgb

    return linear_to_srgb(torch.linspace(0, 1, _TABLE_SIZE, device=device)).mul(255).round().byte()
