from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from schemas.errors import UsageError
from sharp_core.training.data.procedural_views import (
    MOST_APART_M,
    VIEWS,
    ProceduralPairs,
    ProceduralViews,
)
from sharp_core.training.sharp.sources import HELD_OUT
from tests.support.warping import warped_depth

SMALL = ProceduralViews(side=64)


def same(first, second) -> bool:
    return (
        np.array_equal(first.image, second.image)
        and np.array_equal(first.depth_m, second.depth_m)
        and np.array_equal(first.camera.viewmat, second.camera.viewmat)
        and first.camera.intrinsics == second.camera.intrinsics
    )


def test_a_view_depends_on_its_numbers_and_the_seed_alone():
    again = pickle.loads(pickle.dumps(SMALL))
    first, second = SMALL.views(5, (0, 7))
    assert same(again.view(5, 7), second)
    assert same(again.view(5, 0), first)
    assert not same(SMALL.view(6, 0), first)
    assert not same(dataclasses.replace(SMALL, seed=1).view(5, 0), first)
    assert np.array_equal(first.camera.viewmat, np.eye(4))


def test_no_two_of_the_eleven_cameras_are_more_than_60_cm_apart_and_all_see_something():
    farthest = []
    for scene in range(4):
        views = ProceduralViews(side=32).views(scene, tuple(range(VIEWS)))
        matrices = [view.camera.viewmat for view in views]
        centers = np.array([-matrix[:3, :3].T @ matrix[:3, 3] for matrix in matrices])
        apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)
        assert apart[~np.eye(VIEWS, dtype=bool)].min() > 0
        farthest.append(apart.max())
        assert all((view.depth_m > 0.02).all() for view in views)
        assert all(np.isfinite(view.depth_m).any() for view in views)
    assert max(farthest) <= MOST_APART_M
    assert max(farthest) > 0.1


@pytest.mark.parametrize("scene", range(3))
def test_depth_and_cameras_of_two_views_fit_by_warping(scene):
    # Most pixels of one view, moved by its depth into the other, meet the surface there.
    source, target = SMALL.views(scene, (1, 6))
    seen, found = warped_depth(source, target)
    assert len(seen) > 1000
    errors = np.abs(seen / found - 1)
    assert np.median(errors) < 0.02
    assert np.mean(errors < 0.05) > 0.75  # the others are hidden from the target


def test_pairs_are_of_one_scene_and_of_different_views():
    pairs = ProceduralPairs(ProceduralViews(side=32), scenes=2)
    pairs.check()
    one, again = pairs.pair(3), pairs.pair(3)
    assert same(one.source, again.source)
    assert same(one.target, again.target)
    assert not np.array_equal(one.source.camera.viewmat, one.target.camera.viewmat)
    # Scene 1 again, other views.
    assert pairs.pair(5).source.camera.intrinsics == one.source.camera.intrinsics
    assert pairs.pair(2).source.camera.intrinsics != one.source.camera.intrinsics


def test_held_out_scenes_are_none_of_a_limited_number():
    pairs = ProceduralPairs(ProceduralViews(side=32), scenes=1)
    trained, held_out = pairs.pair(0), pairs.pair(HELD_OUT)
    assert same(pairs.pair(0).source, trained.source)
    assert held_out.source.camera.intrinsics != trained.source.camera.intrinsics


def test_no_scenes_at_all_are_refused():
    with pytest.raises(UsageError, match="expected at least 1, found 0"):
        ProceduralPairs(scenes=0).check()
