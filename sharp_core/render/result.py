"""What a renderer gives: linear colour, metric depth and coverage of each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sharp_core.colors import linear_to_srgb

Background = tuple[float, float, float]  # linear RGB
BLACK: Background = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class RenderResult:
    """One view, as tensors on the engine's device."""

    color_linear: Tensor  # (H, W, 3) linear RGB over the background
    depth: Tensor  # (H, W) metres: mean depth of what is seen, 0 where nothing is
    alpha: Tensor  # (H, W) share of each pixel that the scene covers, 0 to 1

    def srgb8(self) -> npt.NDArray[np.uint8]:
        """Return the colours as a picture, (H, W, 3) sRGB."""
        levels = linear_to_srgb(self.color_linear.detach()).clamp_(max=1.0).mul_(255.0).round_()
        return levels.to(torch.uint8).cpu().numpy()
