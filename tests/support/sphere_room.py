"""A textured room with a pillar, ray traced from its inside: panoramas, views and true ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from schemas.records import ScaleSource, SphereWindow
from sharp_core.models.interface import PredictedScene, PredictorInput
from sharp_core.models.sphere.predict import predict_sphere
from sharp_core.models.sphere.tiles import TILES
from sharp_core.models.two_layer.lift import lift_to_gaussians
from sharp_core.scene.gaussians import Gaussians

Floats = npt.NDArray[np.float64]

# The room and the pillar around the eye, in metres: x right, y down, z forward.
_ROOM = np.array([[-3.0, -1.4, -4.0], [2.5, 1.5, 3.5]])
_PILLAR = np.array([[0.9, -1.4, 1.4], [1.5, 1.5, 2.0]])


def room_ranges(directions: Floats) -> Floats:
    """Return (...) metres from the eye to what is seen in directions (..., 3)."""
    return np.linalg.norm(_points(directions), axis=-1)


def room_colors(directions: Floats) -> npt.NDArray[np.uint8]:
    """Return (..., 3) sRGB of what is seen in directions (..., 3)."""
    x, y, z = np.moveaxis(_points(directions), -1, 0)
    waves = (
        0.5 + 0.25 * np.sin(3.1 * x + 1.7 * y) + 0.2 * np.sin(4.3 * z),
        0.5 + 0.25 * np.sin(2.7 * y - 2.2 * z) + 0.2 * np.sin(5.1 * x),
        0.5 + 0.25 * np.sin(3.7 * z + 2.9 * x) + 0.2 * np.sin(4.7 * y),
    )
    return np.round(255 * np.clip(np.stack(waves, axis=-1), 0, 1)).astype(np.uint8)


def sphere_directions(height: int) -> Floats:
    """Return (height, 2 * height, 3) directions of an equirectangular picture's pixels."""
    turn = ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5) * math.tau
    fall = ((np.arange(height) + 0.5) / height - 0.5) * math.pi
    turn, fall = np.meshgrid(turn, fall)
    return np.stack(
        (np.sin(turn) * np.cos(fall), np.sin(fall), np.cos(turn) * np.cos(fall)), axis=-1
    )


def view_directions(side: int, focal_px: float, rotation: Floats) -> Floats:
    """Return (side, side, 3) directions of a view; `rotation` (3, 3) is from it to the room."""
    across = (np.arange(side) + 0.5 - side / 2) / focal_px
    x, y = np.meshgrid(across, across)
    return np.stack((x, y, np.ones_like(x)), axis=-1) @ rotation.T


class TrueDepth:
    """Predicts the room's true depth tile by tile, but for a factor each."""

    def __init__(self, cells: int, scales: Sequence[float], sources: Sequence[ScaleSource]) -> None:
        self._cells = cells
        self._todo = list(zip(TILES, scales, sources, strict=True))

    def __call__(self, inputs: Sequence[PredictorInput]) -> list[PredictedScene]:
        return [self._one(photo) for photo in inputs]

    def _one(self, photo: PredictorInput) -> PredictedScene:
        tile, scale, source = self._todo.pop(0)
        side = photo.pixels.shape[0]
        rotation = tile.rotation().numpy().astype(float)
        directions = view_directions(side, photo.focal_px, rotation)
        # The true picture, as far as the panorama's resolution shows it: tiles are cut right.
        error = photo.pixels.astype(float) - room_colors(directions)
        assert np.abs(error).mean() < 1.5
        along = np.linalg.norm(directions, axis=-1)  # of directions with z = 1 in the tile
        depth = scale * room_ranges(directions) / along
        disparity = torch.from_numpy(1 / depth).float()
        scene = lift_to_gaussians(disparity, photo.pixels, photo.focal_px, self._cells)
        return PredictedScene(scene, source)


def room_scene(cells: int, height: int) -> Gaussians:
    """Return the scene of a panorama of the room, by true depth."""
    window = SphereWindow(2 * height, height, 2.0 * height, 0.0, 0.0)
    predict = TrueDepth(cells, (1.0,) * 6, (ScaleSource.MODEL,) * 6)
    return predict_sphere(predict, room_colors(sphere_directions(height)), window).gaussians


def _points(directions: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / directions
        room = np.max((_ROOM * inverse[..., None, :]), axis=-2).min(axis=-1)
        slabs = _PILLAR * inverse[..., None, :]
        enter, leave = slabs.min(axis=-2).max(axis=-1), slabs.max(axis=-2).min(axis=-1)
    is_pillar = (enter < leave) & (enter > 0)
    return directions * np.where(is_pillar, enter, room)[..., None]
