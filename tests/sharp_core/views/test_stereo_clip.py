from __future__ import annotations

import numpy as np
import pytest

from schemas.choices import Trajectory
from sharp_core.render.api import make_renderer
from sharp_core.views.clips import ClipSettings
from sharp_core.views.comfort import ComfortSettings
from sharp_core.views.framing import MOST_ZOOM, coverage_mask
from sharp_core.views.stereo_clip import plan_stereo_clip, render_stereo_clip
from sharp_core.views.trajectories import loop_path, viewmats
from tests.support.scenes import PHOTO, photo_scene

SCENE = photo_scene()
RENDERER = make_renderer(SCENE)


@pytest.mark.parametrize("trajectory", Trajectory)
def test_no_eye_sees_past_the_border_and_near_things_stay_behind_the_screen(
    trajectory: Trajectory,
) -> None:
    clip = ClipSettings(long_side=120, trajectory=trajectory)
    comfort = ComfortSettings()
    plan = plan_stereo_clip(RENDERER, SCENE, PHOTO, clip, comfort)
    assert 1 < plan.zoom <= MOST_ZOOM * 1.02
    assert plan.motion.lateral_m > 0
    for viewmat in viewmats(loop_path(trajectory, plan.motion, 6), plan.motion):
        left, right = plan.pair(viewmat)
        # Parallel, side by side: no vertical parallax.
        np.testing.assert_allclose(left.viewmat[:3, :3], right.viewmat[:3, :3])
        apart = left.viewmat[:3, 3] - right.viewmat[:3, 3]
        np.testing.assert_allclose(apart, [plan.rig.baseline_mm / 1000, 0, 0], atol=1e-12)
        results = [RENDERER.render(camera) for camera in (left, right)]
        assert min(float(coverage_mask(result).mean()) for result in results) > 0.98
        near = float(np.quantile(results[0].depth.detach().numpy(), 0.02))
        assert plan.rig.zero_parallax_m <= near * 1.02
        spread = plan.view.fx / plan.view.width * plan.rig.baseline_mm / 1000 / near
        assert spread <= comfort.max_disparity * 1.6  # what is infinitely far counts here too


def test_frames_are_pairs_of_the_size_that_is_asked_for() -> None:
    clip = ClipSettings(long_side=80)
    plan = plan_stereo_clip(RENDERER, SCENE, PHOTO, clip, ComfortSettings(converge_m=4.0))
    pairs = list(render_stereo_clip(RENDERER, plan, clip, 2))
    assert len(pairs) == 2
    assert all(eye.shape == (60, 80, 3) for pair in pairs for eye in pair)
    assert plan.rig.zero_parallax_m == pytest.approx(4.0)
