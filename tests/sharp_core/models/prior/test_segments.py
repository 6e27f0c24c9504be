from __future__ import annotations

import numpy as np
import pytest

from sharp_core.models.prior.image import photo_planes
from sharp_core.models.prior.segments import SUPERPIXELS, Segments, find_segments
from tests.support.predictor_pictures import red_post_on_field


@pytest.fixture(scope="module")
def segments() -> Segments:
    return find_segments(photo_planes(red_post_on_field()).lab)


def test_every_pixel_has_a_superpixel_and_each_has_pixels(segments):
    assert np.array_equal(np.unique(segments.labels), np.arange(len(segments)))
    assert 0.7 * SUPERPIXELS < len(segments) < 1.3 * SUPERPIXELS
    assert segments.area.sum() == pytest.approx(1)


def test_superpixels_end_where_colours_do(segments):
    post = np.zeros((150, 200), np.float32)
    post[150 // 4 : 4 * 150 // 5, 2 * 200 // 5 : 3 * 200 // 5] = 1
    share = segments.mean(post)
    pure = (share < 0.02) | (share > 0.98)
    assert segments.area[pure].sum() > 0.98


def test_geodesics_are_a_metric(segments):
    paths = segments.geodesic
    np.testing.assert_allclose(paths, paths.T, atol=1e-3)
    assert (np.diag(paths) == 0).all()
    assert (paths[:, :, None] <= paths[:, None, :40] + paths[None, :, :40] + 1e-3).all()


def test_components_are_the_connected_sets(segments):
    left, right = segments.x < 0.3, segments.x > 0.7
    sets = segments.components(left | right)
    assert sorted(len(members) for members in sets) == sorted((left.sum(), right.sum()))


def test_smoothing_without_strength_returns_the_target(segments):
    target = np.linspace(0, 1, len(segments), dtype=np.float32)
    ones = np.ones_like(target)
    np.testing.assert_allclose(segments.smooth(target, ones, 0.0), target, atol=1e-5)
    # More strength, less spread, the same mean.
    smooth = segments.smooth(target, ones, 100.0)
    assert smooth.std() < 0.8 * target.std()
    assert smooth.mean() == pytest.approx(target.mean(), abs=1e-3)
