"""The baseline `flat`: the photo on a plane at a constant depth. Every useful model beats it."""

from __future__ import annotations

import torch

from sharp_core.models.interface import PredictorInput
from sharp_core.models.two_layer.lift import DEFAULT_CELLS, lift_to_gaussians
from sharp_core.scene.gaussians import Gaussians

NAME = "flat"
FINGERPRINT = "flat-1"
# Not in any paper: the harmonic mean of 1.5 m and 5 m, between portraits and rooms, rounded.
DEPTH_M = 2.5


def predict_flat(photo: PredictorInput, cells: int = DEFAULT_CELLS) -> Gaussians:
    """Return the scene of a photo that is a picture on a wall, in a grid of `cells` a side."""
    disparity = torch.full((32, 32), 1 / DEPTH_M)
    return lift_to_gaussians(disparity, photo.pixels, photo.focal_px, cells)
