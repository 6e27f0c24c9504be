"""Scale rules on exact disparity of simple scenes, put through an unknown scale and shift."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.records import ScaleSource
from sharp_core.models.small.config import GROUND, OTHER, PERSON, SKY
from sharp_core.models.small.scale import (
    CAMERA_HEIGHT_NO_SKY_M,
    CAMERA_HEIGHT_OUTDOORS_M,
    metric_disparity,
)

HEIGHT, WIDTH = 144, 192
FOCAL = 160.0


def rows() -> np.ndarray:
    """Return each pixel's distance below the centre, in focal lengths."""
    v = (np.arange(HEIGHT) + 0.5 - HEIGHT / 2) / FOCAL
    return np.repeat(v[:, None], WIDTH, axis=1)


def field(camera_height: float, pitch: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return disparity (1/m) and classes of flat ground under the sky; pitch is down, radians."""
    disparity = (np.cos(pitch) * rows() + np.sin(pitch)) / camera_height
    classes = np.where(disparity > 0, GROUND, SKY)
    return np.maximum(disparity, 0), classes


def metric(
    disparity: np.ndarray,
    classes: np.ndarray,
    scale: float = 3.7,
    shift: float = -0.4,
    sure: float = 1.0,
):
    relative = (scale * disparity + shift).astype(np.float32)
    is_class = np.stack([classes == index for index in range(4)])
    probabilities = np.where(is_class, sure, (1 - sure) / 3).astype(np.float32)
    return metric_disparity(relative, probabilities, FOCAL)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (40.0, 7.0), (0.01, -0.002)])
@pytest.mark.parametrize("pitch", [-0.1, 0.0, 0.2])
def test_ground_under_the_sky_gives_metres_whatever_scale_and_shift_the_network_has(
    scale, shift, pitch
):
    disparity, classes = field(CAMERA_HEIGHT_OUTDOORS_M, pitch)
    found = metric(disparity, classes, scale, shift)
    assert found.scale_source is ScaleSource.GROUND
    near = disparity > 0.02
    ratio = found.disparity[near] / disparity[near]
    assert np.median(ratio) == pytest.approx(1.0, rel=0.05)
    assert (found.disparity[classes == SKY] == 0).all()


def test_ground_without_sky_is_seen_by_a_level_camera():
    disparity, classes = field(CAMERA_HEIGHT_NO_SKY_M)
    wall = disparity < 0.12
    disparity, classes = np.where(wall, 0.12, disparity), np.where(wall, OTHER, classes)
    found = metric(disparity, classes)
    assert found.scale_source is ScaleSource.GROUND
    assert np.median(found.disparity / disparity) == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize(
    ("sure", "source"),
    [(1.0, ScaleSource.PEOPLE), (0.75, ScaleSource.PEOPLE), (0.65, ScaleSource.DEFAULT)],
)
def test_a_standing_person_gives_metres_where_no_ground_is_seen(sure, source):
    disparity = np.zeros((HEIGHT, WIDTH))
    classes = np.full((HEIGHT, WIDTH), SKY)
    depth = 6.0
    tall = round(FOCAL * 1.7 / depth)
    person = (slice(60, 60 + tall), slice(80, 95))
    disparity[person], classes[person] = 1 / depth, PERSON
    found = metric(disparity, classes, sure=sure)
    assert found.scale_source is source
    if source is ScaleSource.PEOPLE:
        assert np.median(found.disparity[person]) == pytest.approx(1 / depth, rel=0.05)


def test_things_wider_than_who_stands_give_no_scale():
    disparity = np.zeros((HEIGHT, WIDTH))
    classes = np.full((HEIGHT, WIDTH), OTHER)
    disparity[60:90, 80:110], classes[60:90, 80:110] = 0.5, PERSON
    assert metric(disparity, classes, sure=0.8).scale_source is ScaleSource.DEFAULT


def test_a_picture_of_the_sky_alone_is_a_wall_at_the_usual_distance():
    found = metric(np.zeros((HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH), SKY))
    assert found.scale_source is ScaleSource.DEFAULT
    assert (found.disparity == found.disparity[0, 0]).all()
    assert found.disparity[0, 0] > 0


def test_a_person_who_seems_farther_than_the_sky_gives_no_scale():
    disparity = np.full((HEIGHT, WIDTH), 0.5)
    classes = np.full((HEIGHT, WIDTH), SKY)
    classes[100:], disparity[100:] = OTHER, 0.8
    classes[20:70, 80:95], disparity[20:70, 80:95] = PERSON, 0.1
    found = metric(disparity, classes)
    assert found.scale_source is not ScaleSource.PEOPLE
    assert np.isfinite(found.disparity).all()


def test_a_person_who_is_cut_off_gives_no_scale():
    disparity = np.zeros((HEIGHT, WIDTH))
    classes = np.full((HEIGHT, WIDTH), OTHER)
    disparity[60:, 80:95], classes[60:, 80:95] = 0.5, PERSON
    assert metric(disparity, classes).scale_source is ScaleSource.DEFAULT


def test_any_output_gives_finite_disparity_between_30_m_and_25_cm():
    numbers = np.random.default_rng(0)
    for relative in (np.zeros((20, 30)), numbers.random((20, 30)) * 1e6):
        classes = numbers.dirichlet(np.ones(4), (20, 30)).transpose(2, 0, 1)
        found = metric_disparity(
            relative.astype(np.float32), classes.astype(np.float32), 20.0
        ).disparity
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert found.max() <= 4.0


def test_a_plain_wall_that_looks_like_the_sky_is_not_infinitely_far():
    disparity = np.full((HEIGHT, WIDTH), 0.5)
    disparity[100:] = 0.9
    probabilities = np.zeros((4, HEIGHT, WIDTH), np.float32)
    probabilities[OTHER] = 1.0
    wall = (slice(40, 80), slice(20, 160))
    for sure, is_sky in ((0.75, False), (0.95, True)):
        probabilities[SKY][wall], probabilities[OTHER][wall] = sure, 1 - sure
        found = metric_disparity(disparity.astype(np.float32), probabilities, FOCAL)
        assert (found.disparity[wall] == 0).all() == is_sky


def test_the_sky_at_the_top_need_not_be_as_sure():
    disparity, classes = field(CAMERA_HEIGHT_OUTDOORS_M)
    probabilities = np.stack([classes == index for index in range(4)]).astype(np.float32)
    found = metric_disparity(disparity.astype(np.float32), 0.7 * probabilities + 0.075, FOCAL)
    assert (found.disparity[classes == SKY] == 0).all()


@pytest.mark.parametrize(
    ("people", "deepest", "median_m"), [(0.0, (1.5, 2.5), 2.5), (0.3, (2.3, 4.0), 1.3)]
)
def test_a_room_ends_after_a_few_times_its_nearest_depth_and_sooner_without_people(
    people, deepest, median_m
):
    rng = np.random.default_rng(2)
    relative = rng.random((HEIGHT, WIDTH)).astype(np.float32)  # no ground, no sky
    classes = np.where(rng.random((HEIGHT, WIDTH)) < people, PERSON, OTHER)
    found = metric(relative, classes)
    near, far = 1 / np.percentile(found.disparity, (99, 2))
    assert deepest[0] < far / near < deepest[1]
    assert 1 / np.median(found.disparity) == pytest.approx(median_m, rel=0.01)
