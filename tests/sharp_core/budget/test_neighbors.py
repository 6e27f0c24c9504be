from __future__ import annotations

import numpy as np

from sharp_core.budget.neighbors import Pairs, contracted, near_pairs, view_space


def as_set(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def test_view_space_counts_pixels_across_and_parallax_along_the_ray() -> None:
    means = np.array([[0.0, 0.0, 2.0], [0.01, 0.0, 2.0], [0.0, 0.0, 2.5]])
    here, beside, behind = view_space(means, focal_px=1000, parallax_m=0.1)
    # 1 cm at 2 m is 5 px of the view; the sphere of points at 2 m is 1 + 0.1 / 2 as large.
    assert abs(np.linalg.norm(beside - here) - 5 * 1.05) < 0.01
    # A step of 10 cm shows 1000 * 0.1 * (1 / 2 - 1 / 2.5) = 10 px between the two depths.
    assert abs(np.linalg.norm(behind - here) - 10) < 1e-6


def test_pairs_of_a_grid_are_its_neighbours() -> None:
    x, y = np.meshgrid(np.arange(5.0), np.arange(5.0))
    points = np.stack([x.ravel(), y.ravel(), np.zeros(25)], axis=1)
    pairs = as_set(near_pairs(points, spacing_px=1.0))
    beside = {(i, i + 1) for i in range(24) if i % 5 < 4}
    below = {(i, i + 5) for i in range(20)}
    assert beside | below <= pairs
    assert all(first < second for first, second in pairs)


def test_many_points_in_one_place_have_pairs_and_end() -> None:
    pairs = near_pairs(np.zeros((5000, 3)), spacing_px=1.0)
    assert set(pairs.first.tolist()) | set(pairs.second.tolist()) == set(range(5000))


def test_contracted_pairs_are_distinct_and_between_clusters() -> None:
    pairs = Pairs(np.array([0, 1, 2, 3], np.int32), np.array([1, 2, 0, 2], np.int32))
    names = np.array([0, 0, 1, 2], np.int32)
    assert as_set(contracted(pairs, names, 3)) == {(0, 1), (1, 2)}
