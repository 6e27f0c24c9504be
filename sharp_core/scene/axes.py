"""Axes of coordinate systems, by three letters: where x, y and z point. Ours are RDF.

R or L: right or left; U or D: up or down; F or B: forward or back, as seen from the camera of the
photo. RUB is right, up, back (OpenGL, three.js), RFU is right, forward, up (Blender).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sharp_core.scene.cameras import Matrix
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import matrices_to_quats, multiply_quats

_DIRECTIONS = {  # in our axes
    "R": (1, 0, 0),
    "L": (-1, 0, 0),
    "D": (0, 1, 0),
    "U": (0, -1, 0),
    "F": (0, 0, 1),
    "B": (0, 0, -1),
}


@dataclass(frozen=True, slots=True)
class Axes:
    """Where x, y and z point. Raises ValueError unless all three directions are there once."""

    letters: str

    def __post_init__(self) -> None:
        known = [_DIRECTIONS.get(letter) for letter in self.letters]
        if len(known) != 3 or None in known or abs(np.linalg.det(self.to_ours())) != 1:
            raise ValueError(
                f"{self.letters!r} are not axes: expected one each of R or L, U or D, F or B"
            )

    def to_ours(self) -> Matrix:
        """Return the (3, 3) matrix from coordinates in these axes to ours."""
        return np.array([_DIRECTIONS[letter] for letter in self.letters], np.float64).T

    def __str__(self) -> str:
        """Return the letters."""
        return self.letters


OURS = Axes("RDF")


def from_axes(gaussians: Gaussians, axes: Axes) -> Gaussians:
    """Return Gaussians whose numbers are in `axes` in ours.

    A mirrored system has no quaternion. But a Gaussian is the same after a point reflection, so the
    rotation of the reflected system serves.
    """
    if axes == OURS:
        return gaussians
    matrix = axes.to_ours()
    rotation = torch.from_numpy(matrix * np.linalg.det(matrix))
    turn = matrices_to_quats(rotation[None]).to(gaussians.quats).t()
    quats = gaussians.quats.t()
    return Gaussians(
        means=gaussians.means @ torch.from_numpy(matrix.T).to(gaussians.means),
        quats=multiply_quats(turn.expand_as(quats), quats).t().contiguous(),
        scales=gaussians.scales,
        opacities=gaussians.opacities,
        colors=gaussians.colors,
    )
