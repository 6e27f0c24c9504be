"""The teacher's views: the pair is swapped, and training on it makes a blurred model sharper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose
from sharp_core.scene.cameras import Camera
from sharp_core.scene.colors import linear_to_srgb
from sharp_core.training.rendering.api import render_views
from sharp_core.training.rendering.ndc import ndc_camera, ndc_scene
from sharp_core.training.sharp.losses.color import color_loss
from sharp_core.training.sharp.objective import render_pair
from sharp_core.training.sharp.prepare import PreparedPhoto, network_input, true_view
from sharp_core.training.sharp.settings import PseudoViewSettings
from sharp_core.training.sharp.stage2 import Teacher, random_eye
from sharp_core.views.trajectories import FORWARD_SHARE, Motion
from tests.support.training_scenes import WALL_M, camera_at, square_before_wall

SIDE = 64
SETTINGS = PseudoViewSettings()
WALL_X = 3.0  # from here the wall alone is seen


class ToyModel(nn.Module):
    """Knows the depth of the place, and sees the picture through a filter of 5 x 5 pixels."""

    def __init__(self, kernel: Tensor, depth: Tensor) -> None:
        super().__init__()
        self.kernel = nn.Parameter(kernel)
        self.depth = depth

    def stages(self, image: Tensor, factor: Tensor, true: Tensor | None = None) -> NetworkStages:
        padded = nn.functional.pad(image, (2, 2, 2, 2), mode="replicate")
        weight = self.kernel.expand(3, 1, 5, 5)
        filtered = nn.functional.conv2d(padded, weight, groups=3).clamp(0.02, 0.98)
        depth = self.depth.expand(1, 2, SIDE, SIDE)
        normalized = normalize_depth(depth)
        base = base_gaussians(filtered, normalized)
        deltas = torch.zeros(1, DELTA_CHANNELS, 2, SIDE // 2, SIDE // 2)
        deltas[:, 3:6] = -0.5  # smaller than their cells: the renderer blurs less
        deltas[:, 13] = 4.0  # opaque
        scene = compose(base, deltas)
        ones = torch.ones(1, 1, SIDE, SIDE)
        return NetworkStages(scene, depth, ones, depth, normalized, base, deltas)


def blur() -> Tensor:
    return torch.full((5, 5), 1 / 25)


def no_blur() -> Tensor:
    kernel = torch.zeros(5, 5)
    kernel[2, 2] = 1.0
    return kernel


def photo(number: int = 0, x: float = 0.0) -> PreparedPhoto:
    picture = replace(square_before_wall(camera_at(x, side=SIDE)), depth_m=None)
    return PreparedPhoto(number, network_input(picture, SIDE), true_view(picture, SIDE))


def true_depth() -> Tensor:
    return torch.from_numpy(square_before_wall(camera_at(0.0, side=SIDE)).depth_m)


def teacher(kernel: Tensor, **changes: object) -> Teacher:
    return Teacher(ToyModel(kernel, true_depth()), replace(SETTINGS, **changes), seed=0)


def test_the_photo_is_the_target_and_the_rendered_view_the_source():
    one = photo()
    far = {"largest_shift_m": 0.6, "lateral_amplitudes": 60.0, "largest_holes": 1.0}
    pair = teacher(no_blur(), **far).pair(one)
    assert torch.equal(pair.target.picture, one.view.picture)
    assert pair.target.camera is one.view.camera
    assert pair.source.camera.intrinsics == one.view.camera.intrinsics
    assert pair.seen.disparity_factor.item() == one.seen.disparity_factor.item()
    # The camera moved, and the world is the photo's: source to target undoes the move.
    moved = pair.source.camera.viewmat
    assert np.abs(moved[:3, 3]).max() > 0.1
    np.testing.assert_allclose(pair.target.camera.viewmat, np.eye(4), atol=1e-12)
    # What the network sees is the place from there.
    truth = square_before_wall(Camera(camera_at(0.0, side=SIDE).intrinsics, moved)).image
    seen = pair.seen.image[0].permute(1, 2, 0).numpy()
    unmoved = one.view.picture.permute(1, 2, 0).numpy()
    middle = (slice(16, 48), slice(16, 48))
    errors = [np.abs(seen - other)[middle].mean() for other in (truth / 255, unmoved)]

    assert errors[0] < 0.8 * errors[1]
    assert pair.seen.true_depth.median() == pytest.approx(3.0, abs=0.3)
    assert (pair.target.depth == true_depth()).all()


def test_a_pair_depends_on_its_number_alone_and_depth_can_be_left_out():
    one, again = (teacher(blur()).pair(photo(4)) for _ in range(2))
    assert torch.equal(one.seen.image, again.seen.image)
    other = teacher(blur(), teacher_depth=False).pair(photo(5))
    assert not torch.equal(one.seen.image, other.seen.image)
    assert other.seen.true_depth is None


def test_views_with_large_holes_are_moved_back_to_the_photo():
    far = teacher(no_blur(), largest_shift_m=3.0, lateral_amplitudes=60.0)
    distances = []
    for number in range(6):
        pair = far.pair(photo(number))
        distances.append(np.linalg.norm(np.linalg.inv(pair.source.camera.viewmat)[:3, 3]))
        scene = ndc_scene(far.network.stages(photo().seen.image, None).gaussians, 0)
        seen = render_views(scene, [ndc_camera(photo().view.camera, pair.source.camera)])
        assert (seen.alpha < 0.9).float().mean() <= 0.05
    assert max(distances) < 2.0


def test_eyes_are_spread_over_a_disc_and_along_the_axis():
    motion = Motion(lateral_m=0.1, forward_m=FORWARD_SHARE * 1.0, target_m=2.0)
    rng = np.random.default_rng(0)
    eyes = np.array([random_eye(motion, SETTINGS, rng) for _ in range(2000)])
    across = np.hypot(eyes[:, 0], eyes[:, 1])
    assert 0.19 < across.max() <= 0.2  # twice the amplitude of the previews
    assert np.mean(across < 0.1) == pytest.approx(0.25, abs=0.03)  # uniform over the area
    assert 0.14 < np.abs(eyes[:, 2]).max() <= 0.15
    near = [random_eye(Motion(5.0, 5.0, 9.0), SETTINGS, rng) for _ in range(200)]
    assert np.abs(near).max() <= 0.5


def sharpness(picture: Tensor) -> float:
    return float(picture.diff(dim=-1).square().mean() + picture.diff(dim=-2).square().mean())


@torch.no_grad()
def at_photo(model: ToyModel) -> Tensor:
    """What the model makes of the photo, seen from the photo's place."""
    one = photo(x=WALL_X)
    scene = ndc_scene(model.stages(one.seen.image, one.seen.disparity_factor).gaussians, 0)
    seen = render_views(scene, [ndc_camera(one.view.camera, one.view.camera)])
    return linear_to_srgb(seen.color[0]).clamp(0, 1).permute(2, 0, 1)


def test_the_student_of_a_blurred_teacher_is_sharper():
    wall = torch.full((SIDE, SIDE), WALL_M)
    blurred = Teacher(ToyModel(blur(), wall), SETTINGS, seed=0)
    student = ToyModel(blur(), wall)
    adam = torch.optim.Adam([student.kernel], lr=0.05)
    for step in range(100):
        pair = blurred.pair(photo(step % 4, WALL_X))
        adam.zero_grad()
        stages = student.stages(pair.seen.image, pair.seen.disparity_factor)
        _, target = render_pair(stages, pair)
        color_loss(target.srgb, pair.target.picture).backward()
        adam.step()
    before, after = at_photo(blurred.network), at_photo(student)
    truth = photo(x=WALL_X).view.picture
    errors = [float((picture - truth).square().mean()) for picture in (before, after)]

    assert sharpness(after) > 1.3 * sharpness(before)
    assert errors[1] < 0.85 * errors[0]
