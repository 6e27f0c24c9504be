"""The tiles of a sphere: six square pinhole views, as the faces of a cube that overlap.

Axes are those of `sharp_core.scene.conventions`; the world's z axis is the panorama's front. Tile
coordinates are x / z and y / z of a direction in the tile's camera: within +-`EDGE`. Each tile's
share of the sphere ends at +-1, where the next one's begins.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from schemas.records import SphereWindow
from sharp_core.scene.quaternions import rotation_matrices

# Across a tile. More would leave fewer Gaussians per degree; less, little to align scales by.
_FIELD_OF_VIEW_DEG = 110.0
EDGE = math.tan(math.radians(_FIELD_OF_VIEW_DEG / 2))
_HALF = math.sqrt(0.5)


class Tile(NamedTuple):
    """One view of the sphere from its middle."""

    name: str
    quat: tuple[float, float, float, float]  # w, x, y, z: from the tile's camera to the world

    def rotation(self) -> Tensor:
        """Return the (3, 3) matrix from the tile's camera to the world."""
        return rotation_matrices(torch.tensor([self.quat]))[0]


TILES = (
    Tile("front", (1.0, 0.0, 0.0, 0.0)),
    Tile("right", (_HALF, 0.0, _HALF, 0.0)),
    Tile("back", (0.0, 0.0, 1.0, 0.0)),
    Tile("left", (_HALF, 0.0, -_HALF, 0.0)),
    Tile("up", (_HALF, _HALF, 0.0, 0.0)),
    Tile("down", (_HALF, -_HALF, 0.0, 0.0)),
)


def tile_directions(side: int) -> Tensor:
    """Return (side, side, 3) directions of a tile's pixels in its camera, with z = 1."""
    across = (2 * (torch.arange(side) + 0.5) / side - 1) * EDGE
    rows, columns = torch.meshgrid(across, across, indexing="ij")
    return torch.stack((columns, rows, torch.ones_like(rows)), dim=-1)


def tile_coordinates(directions: Tensor) -> tuple[Tensor, Tensor]:
    """Return (N, 2) x / z and y / z of directions (N, 3) in a tile's camera, and (N,) validity.

    Valid is what the tile shows; coordinates of the rest mean nothing.
    """
    z = directions[:, 2]
    in_front = z > 0
    coordinates = directions[:, :2] / torch.where(in_front, z, 1.0)[:, None]
    return coordinates, in_front & (coordinates.abs().amax(dim=1) <= EDGE)


def picture_positions(directions: Tensor, window: SphereWindow) -> tuple[Tensor, Tensor]:
    """Return where directions (..., 3) of the world are in a panorama: x and y in its pixels.

    The left top corner of the picture is (0, 0). x is in [-left, full width - left].
    """
    x, y, z = directions.unbind(-1)
    turn = torch.atan2(x, z) / math.tau + 0.5
    fall = torch.atan2(y, torch.hypot(x, z)) / math.pi + 0.5
    return turn * window.full_width - window.left, fall * window.full_width / 2 - window.top


def is_covered(directions: Tensor, window: SphereWindow) -> Tensor:
    """Return (...) bool: whether the panorama shows these directions (..., 3) of the world."""
    x, y = picture_positions(directions, window)
    return (x >= 0) & (x <= window.width) & (y >= 0) & (y <= window.height)
