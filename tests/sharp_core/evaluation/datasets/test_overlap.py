from __future__ import annotations

import numpy as np
import pytest

from sharp_core.evaluation.datasets.overlap import depth_overlap, reduced_depth
from sharp_core.scene.cameras import Camera, Intrinsics

INTRINSICS = Intrinsics.of_photo(40, 40, 30)
WALL = np.full((30, 40), 2.0, np.float32)


def aside(metres: float) -> Camera:
    view = np.eye(4)
    view[0, 3] = -metres
    return Camera(INTRINSICS, view)


@pytest.mark.parametrize(("metres", "share"), [(0, 1), (0.5, 0.75), (1.0, 0.5), (2.5, 0)])
def test_a_wall_overlaps_by_what_both_see(metres: float, share: float) -> None:
    found = depth_overlap(WALL, aside(0), WALL, aside(metres))
    assert found == pytest.approx(share, abs=0.02)  # a column is 0.025


def test_another_surface_is_no_overlap() -> None:
    assert depth_overlap(WALL, aside(0), 1.3 * WALL, aside(0)) == 0
    assert depth_overlap(WALL, aside(0), 1.05 * WALL, aside(0)) == 1


def test_a_card_before_the_second_camera_hides_its_share() -> None:
    half = WALL.copy()
    half[:, :20] = 1.0
    assert depth_overlap(WALL, aside(0), half, aside(0)) == pytest.approx(0.5, abs=0.13)


def test_unknown_depth_does_not_count() -> None:
    partly = WALL.copy()
    partly[:15] = np.nan
    found = depth_overlap(partly, aside(0), WALL, aside(0))
    assert found == pytest.approx(0.75)  # all of the first, half of the second
    nothing = np.full_like(WALL, np.nan)
    assert depth_overlap(nothing, aside(0), nothing, aside(0)) == 0


def test_the_sky_is_not_the_surface_before_it() -> None:
    sky = np.full_like(WALL, np.inf)
    assert depth_overlap(WALL, aside(0), sky, aside(0)) == 0


def test_reduced_maps_keep_depths_at_pixel_centres() -> None:
    large = np.arange(400 * 300, dtype=np.float32).reshape(300, 400)
    small = reduced_depth(large)
    assert small.shape == (144, 192)
    assert small[0, 0] == large[1, 1]
    assert reduced_depth(WALL) is not None
    assert reduced_depth(WALL).shape == WALL.shape
