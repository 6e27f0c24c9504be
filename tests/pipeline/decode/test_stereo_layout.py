from __future__ import annotations

from pathlib import PurePath

import numpy as np
import pytest

from pipeline.decode.stereo_layout import layout_by_name, layout_of, split_eyes
from schemas.choices import StereoLayout
from sharp_core.spatial.jpeg_stereo import with_jps_marker
from sharp_core.spatial.layouts import crossed, half_side_by_side, side_by_side, top_bottom
from tests.support.stereo_scene import jpeg, sbs_image, true_pair


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("IMG_1_LRF_Full_SBS.jpg", StereoLayout.SBS),  # as this program exports them
        ("IMG_1_LR_HSBS.jpg", StereoLayout.HALF_SBS),
        ("IMG_1_TBF_fulltb.jpg", StereoLayout.TB),
        ("IMG_1_RLF_cross.jpg", StereoLayout.CROSS),
        ("garden half-sbs.png", StereoLayout.HALF_SBS),
        ("garden.SBS.jpeg", StereoLayout.SBS),
        ("calf.left-right.jpg", StereoLayout.SBS),
        ("calf_right_left.jpg", StereoLayout.CROSS),
        ("left of the right road.jpg", None),
        ("IMG_0001.jpg", None),
        ("sbsx.jpg", None),
        ("walrus-360.top-bottom.jpg", None),
        ("tour_180_LR.jpg", None),
    ],
)
def test_names(name: str, layout: StereoLayout | None) -> None:
    assert layout_by_name(PurePath("SBS", name)) == layout


def test_a_jps_segment_counts_before_the_name() -> None:
    data = with_jps_marker(jpeg(sbs_image(crossed=True)))
    assert layout_of(PurePath("a_SBS.jpg"), data) == StereoLayout.CROSS
    assert layout_of(PurePath("a.jps"), jpeg(sbs_image())) == StereoLayout.CROSS
    assert layout_of(PurePath("a.jpg"), jpeg(sbs_image())) is None


@pytest.mark.parametrize(
    ("layout", "arrange"),
    [
        (StereoLayout.SBS, side_by_side),
        (StereoLayout.CROSS, crossed),
        (StereoLayout.TB, top_bottom),
    ],
)
def test_splitting_undoes_arranging(layout: StereoLayout, arrange) -> None:
    left, right, _ = true_pair()
    found = split_eyes(arrange(left, right), layout)
    np.testing.assert_array_equal(found[0], left)
    np.testing.assert_array_equal(found[1], right)


def test_halves_are_widened_again() -> None:
    left, right, _ = true_pair()
    found = split_eyes(half_side_by_side(left, right), StereoLayout.HALF_SBS)
    for eye, truth in zip(found, (left, right), strict=True):
        assert eye.shape == truth.shape
        assert np.abs(eye.astype(int) - truth).mean() < 6


def test_an_odd_column_is_dropped() -> None:
    left, right = split_eyes(np.zeros((5, 9, 3), np.uint8), StereoLayout.SBS)
    assert left.shape == right.shape == (5, 4, 3)
