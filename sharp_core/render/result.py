"""What a renderer gives: linear colour, metric depth and coverage of each pixel."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sharp_core.scene.colors import linear_to_srgb

Background = tuple[float, float, float]  # linear RGB
BLACK: Background = (0.0, 0.0, 0.0)

_STEPS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class RenderResult:
    """One view, as tensors on the engine's device."""

    color_linear: Tensor  # (H, W, 3) linear RGB over the background
    depth: Tensor  # (H, W) metres: mean depth of what is seen, 0 where nothing is
    alpha: Tensor  # (H, W) share of each pixel that the scene covers, 0 to 1

    def srgb8(self) -> npt.NDArray[np.uint8]:
        """Return the colours as a picture, (H, W, 3) sRGB."""
        return to_srgb8(self.color_linear)


def to_srgb8(linear: Tensor) -> npt.NDArray[np.uint8]:
    """Encode linear light of any shape as sRGB of 8 bits, on the CPU. What lies outside is clipped.

    By table: the steps of linear light are a twentieth of a level where sRGB is steepest.
    """
    steps = linear.detach().clamp(0.0, 1.0).mul_(_STEPS - 1).round_().long()
    return _levels(linear.device).take(steps).cpu().numpy()


@functools.cache
def _levels(device: torch.device) -> Tensor:
    return linear_to_srgb(torch.linspace(0, 1, _STEPS, device=device)).mul(255).round().byte()
