from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from sharp_core.render.oracle import TorchRenderer
from sharp_core.scene.cameras import Camera, Intrinsics, look_at
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.rasterize import rasterize
from tests.support.list_rasterizer import rasterize_lists
from tests.support.render_recordings import random_scene

# A map from NDC to metres, with a shear as for a principal point beside the centre.
NDC = np.array([[0.8, 0.0, 0.1], [0.0, 0.6, -0.05], [0.0, 0.0, 1.0]])


def camera(width: int = 100, height: int = 50, linear: np.ndarray | None = None) -> Camera:
    viewmat = look_at((0.2, -0.1, 0.3), (0, 0, 3))
    if linear is not None:
        viewmat[:3, :3] = viewmat[:3, :3] @ linear
    focal = 0.6 * width
    return Camera(
        Intrinsics(focal, 1.03 * focal, 0.4 * width, 0.45 * height, width, height), viewmat
    )


def oracle(scene: Gaussians, view: Camera):
    seen = TorchRenderer(scene).render(view)
    return seen.color_linear, seen.depth, seen.alpha


def values_and_gradients(render, scene: Gaussians, view: Camera, threads: int | None = None):
    fields = dataclasses.fields(scene)
    leaves = [getattr(scene, field.name).clone().requires_grad_() for field in fields]
    color, depth, alpha = render(Gaussians(*leaves), view, *([threads] if threads else []))
    planes = torch.cat([color, depth[..., None], alpha[..., None]], dim=-1)
    random = torch.Generator().manual_seed(7)
    weights = torch.rand(planes.shape, generator=random, dtype=torch.float64).to(planes.dtype)
    return [planes.detach(), *torch.autograd.grad((planes * weights).sum(), leaves)]


def relative_errors(found, expected) -> list[float]:
    return [
        float((one - other).norm() / other.norm().clamp_min(1e-12))
        for one, other in zip(found, expected, strict=True)
    ]


@pytest.mark.parametrize("linear", [None, NDC], ids=["rotation", "ndc"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 16), (65, 17), (100, 50)])
def test_values_and_gradients_equal_the_oracles(size, linear):
    view = camera(*size, linear)
    for seed in range(3):
        scene = random_scene(200, seed, dtype=torch.float64)
        expected = values_and_gradients(oracle, scene, view)
        found = values_and_gradients(rasterize, scene, view)
        # The oracle inverts covariances of needles, which loses some digits.
        assert max(relative_errors(found, expected)) < 1e-7


def test_opaque_stacks_equal_the_oracle():
    # Many nearly opaque layers: pixels close, and alpha is clamped at 0.999.
    scene = random_scene(300, 4, dtype=torch.float64)
    scene.means[:, 2].abs_().add_(1)
    scene.scales.clamp_(0.05, 1.0)
    scene.opacities[:] = torch.where(scene.opacities > 0.5, 1.0, scene.opacities)
    expected = values_and_gradients(oracle, scene, camera())
    found = values_and_gradients(rasterize, scene, camera())
    assert expected[0][..., 4].max() > 0.9995
    assert max(relative_errors(found, expected)) < 1e-9


def test_equal_depths_are_blended_in_their_order_as_in_the_oracle():
    scene = random_scene(60, 5, dtype=torch.float64)
    scene.means[:, 2] = 2.0
    view = Camera(camera().intrinsics, np.eye(4))
    found = values_and_gradients(rasterize, scene, view)
    assert max(relative_errors(found, values_and_gradients(oracle, scene, view))) < 1e-9


def test_float32_is_within_rounding_of_float64():
    scene = random_scene(300, 6)
    scene.means[:, 2].abs_().add_(1)
    scene.scales.clamp_min_(0.01)
    exact = Gaussians(*(getattr(scene, f.name).double() for f in dataclasses.fields(scene)))
    expected = values_and_gradients(oracle, exact, camera())
    found = values_and_gradients(rasterize, scene, camera())
    assert all(part.dtype == torch.float32 for part in found)
    # A pixel at the threshold of alpha may fall on its other side.
    assert max(relative_errors(found, expected)) < 3e-3


def test_the_list_rasteriser_of_the_benchmark_equals_the_oracle():
    scene = random_scene(200, 7, dtype=torch.float64)
    view = camera(linear=NDC)
    found = values_and_gradients(rasterize_lists, scene, view)
    assert max(relative_errors(found, values_and_gradients(oracle, scene, view))) < 1e-7


def test_gradients_match_finite_differences():
    scene = random_scene(6, 8, dtype=torch.float64)
    scene.means[:] = 0.3 * scene.means.clamp(-1, 1)
    scene.means[:, 2] += 2 + torch.arange(6) / 10
    scene.scales.clamp_(0.3, 0.6)
    scene.opacities.clamp_(0.2, 0.9)
    leaves = [getattr(scene, field.name).requires_grad_() for field in dataclasses.fields(scene)]
    # Finite differences must not cross the threshold of alpha: the middle of the image is covered.
    view = Camera(Intrinsics.of_photo(6, 8, 6), camera(linear=NDC).viewmat)
    covered = (rasterize(Gaussians(*leaves), view).alpha > 0.3).detach()
    assert covered.any()

    def covered_planes(*values):
        color, depth, alpha = rasterize(Gaussians(*values), view)
        return color[covered], depth[covered], alpha[covered]

    assert torch.autograd.gradcheck(covered_planes, leaves, eps=1e-7, atol=1e-5)


def test_images_and_gradients_do_not_depend_on_the_number_of_threads():
    scene = random_scene(3000, 9)
    alone = values_and_gradients(rasterize, scene, camera(200, 120), 1)
    for threads in (2, 3, 7):
        several = values_and_gradients(rasterize, scene, camera(200, 120), threads)
        assert all(torch.equal(one, other) for one, other in zip(several, alone, strict=True))


def test_a_scene_behind_the_camera_gives_an_empty_image_and_no_gradients():
    scene = random_scene(20, 10)
    scene.means[:, 2] = -1
    planes, *gradients = values_and_gradients(rasterize, scene, camera())
    assert not planes.any()
    assert not any(gradient.any() for gradient in gradients)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e30, 1e-30])
@pytest.mark.parametrize("name", ["means", "quats", "scales", "opacities"])
def test_gaussians_that_are_not_finite_or_extreme_are_left_out(name, bad):
    scene = random_scene(40, 11)
    scene.means[:, 2].abs_().add_(1)
    view = Camera(camera().intrinsics, np.eye(4))
    values = getattr(scene, name).view(40, -1)
    for number in range(values.shape[1]):
        values[number, number] = bad
    planes, *gradients = values_and_gradients(rasterize, scene, view)
    assert planes.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_parameters_with_strides_or_without_gradients_are_taken():
    scene = Gaussians.from_array(random_scene(40, 12).to_array())
    scene.means.requires_grad_()
    image = rasterize(scene, camera()).color
    image.sum().backward()
    assert scene.means.grad.abs().sum() > 0
    with torch.no_grad():
        assert torch.equal(rasterize(scene, camera()).color, image)


def test_half_precision_is_refused():
    scene = random_scene(4, 13, dtype=torch.bfloat16)
    with pytest.raises(TypeError, match=r"Gaussians of torch\.bfloat16: .* float32 or float64"):
        rasterize(scene, camera())
