from __future__ import annotations

import numpy as np

from sharp_core.budget.clusters import cluster, sums_by
from tests.support.squares import squares


def test_colours_that_differ_stay_apart() -> None:
    points = squares(16)
    srgb = np.where(points[:, :1] < 8, 0.1, 0.9).repeat(3, axis=1)
    found = cluster(points, np.ones(256), srgb, 12, spacing_px=1.0)
    assert sorted(set(found.tolist())) == list(range(12))
    left = set(found[points[:, 0] < 8].tolist())
    assert not left & set(found[points[:, 0] >= 8].tolist())


def test_flat_places_are_merged_before_detailed_ones() -> None:
    points = squares(20)
    noise = np.random.default_rng(3).uniform(0, 1, (400, 3))
    is_flat = points[:, 0] < 10
    srgb = np.where(is_flat[:, None], 0.5, noise)
    found = cluster(points, np.ones(400), srgb, 120, spacing_px=1.0)
    assert len(set(found[is_flat].tolist())) < 0.5 * len(set(found[~is_flat].tolist()))


def test_what_is_hardly_seen_is_merged_first() -> None:
    points = squares(20)
    srgb = np.random.default_rng(4).uniform(0, 1, (400, 3))
    is_hidden = points[:, 0] < 10
    weights = np.where(is_hidden, 1e-3, 1.0)
    found = cluster(points, weights, srgb, 220, spacing_px=1.0)
    assert len(set(found[is_hidden].tolist())) < 0.5 * len(set(found[~is_hidden].tolist()))


def test_islands_are_reached() -> None:
    points = np.array([[0.0, 0, 0], [1000.0, 0, 0], [0, 5000.0, 0], [0, 0, 9000.0]])
    found = cluster(points, np.ones(4), np.zeros((4, 3)), 1, spacing_px=1.0)
    assert found.tolist() == [0, 0, 0, 0]


def test_clusters_are_the_same_each_time() -> None:
    rng = np.random.default_rng(5)
    points, srgb = rng.uniform(0, 20, (500, 3)), rng.uniform(0, 1, (500, 3))
    first, second = (cluster(points, np.ones(500), srgb, 90, 1.0) for _ in range(2))
    assert first.tolist() == second.tolist()


def test_sums_by_cluster() -> None:
    sums = sums_by(np.array([0, 1, 0], np.int32), 2, np.array([[1.0, 2], [3, 4], [5, 6]]))
    assert sums.tolist() == [[6, 8], [3, 4]]
