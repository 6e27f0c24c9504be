from __future__ import annotations

import numpy as np
import pytest
import torch

from schemas.choices import Trajectory
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.trajectories import (
    Motion,
    loop_path,
    motion_of,
    open_path,
    viewmats,
)
from tests.support.render_recordings import FOLDER, recorded_cameras

MOTION = Motion(lateral_m=0.2, forward_m=0.3, target_m=2.5)


def scene_and_photo(name: str) -> tuple[Gaussians, Intrinsics]:
    with np.load(FOLDER / f"{name}.npz") as scene:
        means = torch.from_numpy(scene["means"])
        photo = Intrinsics.of_photo(
            float(scene["focal_px"]), int(scene["width"]), int(scene["height"])
        )
    ones = torch.ones_like(means)
    return Gaussians(means, torch.ones(len(means), 4), ones, ones[:, 0], ones), photo


@pytest.mark.parametrize("trajectory", Trajectory)
@pytest.mark.parametrize("name", ["scene", "scene_far"])
def test_trajectories_match_the_published_tool(name, trajectory):
    recorded = recorded_cameras(name)
    motion = motion_of(*scene_and_photo(name))
    eyes = open_path(trajectory, motion, recorded["num_steps"])
    path = recorded["trajectories"][trajectory]
    reach = motion.lateral_m + motion.forward_m
    np.testing.assert_allclose(eyes, path["eyes"], atol=1e-6 * reach)  # float32 there
    np.testing.assert_allclose(viewmats(eyes, motion), path["extrinsics"], atol=1e-6)


@pytest.mark.parametrize("name", ["scene", "scene_far"])
def test_intrinsics_match_the_published_tool_up_to_half_a_pixel(name):
    # The published tool takes the middle of the last and the first pixel's index for that of the
    # photo: half a pixel to the left and above.
    recorded = recorded_cameras(name)
    _, photo = scene_and_photo(name)
    seen = photo.resized(*recorded["size"])
    half_pixel = np.zeros((3, 3))
    half_pixel[:2, 2] = 0.5 * seen.width / photo.width, 0.5 * seen.height / photo.height
    np.testing.assert_allclose(
        seen.matrix() - half_pixel, recorded["intrinsics"], rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("trajectory", Trajectory)
def test_repeats_follow_the_same_path(trajectory):
    eyes = open_path(trajectory, MOTION, steps=20, repeats=3)
    assert eyes.shape == (60, 3)
    assert np.abs(eyes[:, 0]).max() <= MOTION.lateral_m + 1e-12


@pytest.mark.parametrize("trajectory", Trajectory)
@pytest.mark.parametrize("frames", [8, 37, 60])
def test_the_last_step_of_a_loop_is_like_the_others(trajectory, frames):
    eyes = loop_path(trajectory, MOTION, frames)
    assert eyes.shape == (frames, 3)
    around = np.concatenate([eyes, eyes[:1]])
    steps = np.linalg.norm(np.diff(around, axis=0), axis=1)
    longest = 2 * np.pi / frames * np.hypot(MOTION.lateral_m, MOTION.forward_m / 2)
    shake = 2 if trajectory is Trajectory.SHAKE else 1  # two full turns in the time of one
    assert steps.max() <= longest * shake * frames / (frames - 1) + 1e-12
    assert steps[-1] > 0


@pytest.mark.parametrize("trajectory", [Trajectory.ROTATE, Trajectory.ROTATE_FORWARD])
def test_a_loop_is_the_open_path_without_its_last_frame(trajectory):
    np.testing.assert_allclose(
        loop_path(trajectory, MOTION, 24), open_path(trajectory, MOTION, 25)[:-1], atol=1e-12
    )


def test_a_scaled_motion_has_a_smaller_amplitude():
    for trajectory in Trajectory:
        np.testing.assert_allclose(
            loop_path(trajectory, MOTION.scaled(0.5), 12), loop_path(trajectory, MOTION, 12) / 2
        )
    assert MOTION.scaled(0.5).target_m == MOTION.target_m


def test_a_clip_may_have_one_frame():
    for trajectory in Trajectory:
        assert loop_path(trajectory, MOTION, 1).shape == (1, 3)
        assert open_path(trajectory, MOTION, 1).shape == (1, 3)


def test_no_frames_are_refused():
    with pytest.raises(ValueError, match="no frames"):
        open_path(Trajectory.SWIPE, MOTION, 0)
    with pytest.raises(ValueError, match="shows nothing"):
        loop_path(Trajectory.SWIPE, MOTION, 0)
