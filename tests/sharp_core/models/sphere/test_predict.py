"""Panoramas of a room whose truth is known: scales, seams and renders all around."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from schemas.records import ScaleSource, SphereWindow
from sharp_core.models.interface import PredictedScene, PredictorInput
from sharp_core.models.sphere.predict import predict_sphere
from sharp_core.models.sphere.tiles import TILES, is_covered
from sharp_core.models.two_layer.lift import lift_to_gaussians
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from tests.support.sphere_room import (
    TrueDepth,
    room_colors,
    room_ranges,
    sphere_directions,
    view_directions,
)

CELLS = 192
HEIGHT = 512
SCALES = (1.3, 0.6, 1.0, 2.1, 0.8, 1.6)  # by which the tiles are wrong
VIEW = 96  # pixels


def predicted(
    scales: Sequence[float] = SCALES,
    sources: Sequence[ScaleSource] = (ScaleSource.MODEL,) * 6,
    batch_size: int = 1,
) -> PredictedScene:
    pixels = room_colors(sphere_directions(HEIGHT))
    window = SphereWindow(2 * HEIGHT, HEIGHT, 2.0 * HEIGHT, 0.0, 0.0)
    return predict_sphere(TrueDepth(CELLS, scales, sources), pixels, window, batch_size)


@pytest.fixture(scope="module")
def scene() -> Gaussians:
    return predicted().gaussians


def range_errors(scene: Gaussians, directions: np.ndarray) -> np.ndarray:
    """Return range over true range of the Gaussians that lie on what is seen, per direction."""
    means = scene.means.numpy().astype(float)
    found = np.linalg.norm(means, axis=1) / room_ranges(means)
    unit = means / np.linalg.norm(means, axis=1, keepdims=True)
    return np.array([np.median(found[unit @ one > 0.97]) for one in directions])


def test_tiles_agree_on_one_scale_within_two_percent(scene: Gaussians) -> None:
    directions = np.concatenate([tile.rotation().numpy()[:, 2][None] for tile in TILES])
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 3**0.5
    ratios = range_errors(scene, np.concatenate((directions, corners)))
    assert ratios.max() / ratios.min() < 1.02
    # The scale is that of the tiles in the middle.
    assert 1.0 * 0.98 < np.median(ratios) < 1.3 * 1.02


def views() -> list[np.ndarray]:
    """Return rotations of views to the six faces, and to four seams and corners."""
    turns = [tile.rotation().numpy().astype(float) for tile in TILES]
    for turn, fall in ((45, 0), (135, 30), (-45, -35), (180, 45)):
        a, b = np.radians([turn, fall])
        around = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        lower = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
        turns.append(around @ lower)
    return turns


def test_renders_in_all_directions_show_the_room(scene: Gaussians) -> None:
    renderer = make_renderer(scene)
    intrinsics = Intrinsics.of_photo(VIEW / 2, VIEW, VIEW)
    for rotation in views():
        viewmat = np.eye(4)
        viewmat[:3, :3] = rotation.T
        result = renderer.render(Camera(intrinsics, viewmat))
        assert float(result.alpha.min()) > 0.9  # no gaps at the seams
        truth = room_colors(view_directions(VIEW, VIEW / 2, rotation)).astype(float)
        psnr = 10 * np.log10(255**2 / np.mean((result.srgb8() - truth) ** 2))
        assert psnr > 28, rotation  # 29.0 to 46.3 measured, as with tiles of equal scale


def test_the_most_trusted_tiles_set_the_scale() -> None:
    sources = [ScaleSource.DEFAULT] * 6
    sources[5] = ScaleSource.GROUND  # 1.6 times the truth
    scene, source = predicted(sources=sources, batch_size=4)
    assert source is ScaleSource.GROUND
    ratios = range_errors(scene, np.array([[0.0, 0, 1], [0, 1, 0]]))
    assert ratios == pytest.approx([1.6, 1.6], rel=0.02)


def test_what_the_panorama_does_not_show_is_empty() -> None:
    pixels = room_colors(sphere_directions(HEIGHT))[HEIGHT // 4 : -HEIGHT // 4, 300:]
    window = SphereWindow(pixels.shape[1], HEIGHT // 2, 2.0 * HEIGHT, 300.0, HEIGHT / 4)

    def flat(inputs: Sequence[PredictorInput]) -> list[PredictedScene]:
        disparity = torch.full((32, 32), 0.5)
        return [
            PredictedScene(
                lift_to_gaussians(disparity, one.pixels, one.focal_px, 48), ScaleSource.MODEL
            )
            for one in inputs
        ]

    scene = predict_sphere(flat, pixels, window).gaussians
    scene.check()
    assert is_covered(scene.means, window).all()
    fall = torch.atan2(scene.means[:, 1], torch.hypot(scene.means[:, 0], scene.means[:, 2]))
    assert fall.abs().max() < torch.pi / 4 + 1e-3
