from __future__ import annotations

import numpy as np

from sharp_core.budget.cells import cells
from tests.support.squares import squares


def test_cells_are_numbered_and_no_more_than_wanted() -> None:
    rng = np.random.default_rng(1)
    points, srgb = rng.uniform(0, 40, (3000, 3)), rng.uniform(0, 1, (3000, 3))
    for target in (1, 7, 300):
        found = cells(points, np.ones(3000), srgb, target, 1.0)
        assert sorted(set(found.tolist())) == list(range(found.max() + 1))
        assert target / 8 < found.max() + 1 <= target


def test_colours_that_differ_stay_apart() -> None:
    points = squares(32)
    srgb = np.where(points[:, :1] < 15, 0.1, 0.9).repeat(3, axis=1)
    found = cells(points, np.ones(1024), srgb, 120, spacing_px=1.0)
    left = set(found[points[:, 0] < 15].tolist())
    assert not left & set(found[points[:, 0] >= 15].tolist())


def test_flat_places_are_merged_before_detailed_ones() -> None:
    points = squares(32)
    is_flat = points[:, 0] < 16
    noise = np.random.default_rng(3).uniform(0, 1, (1024, 3))
    srgb = np.where(is_flat[:, None], 0.5, noise)
    found = cells(points, np.ones(1024), srgb, 200, spacing_px=1.0)
    assert len(set(found[is_flat].tolist())) < 0.5 * len(set(found[~is_flat].tolist()))


def test_islands_are_reached() -> None:
    points = np.array([[0.0, 0, 0], [1000.0, 0, 0], [0, 5000.0, 0], [0, 0, 9000.0]])
    assert cells(points, np.ones(4), np.zeros((4, 3)), 1, spacing_px=1.0).tolist() == [0, 0, 0, 0]
