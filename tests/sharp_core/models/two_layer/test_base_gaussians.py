from __future__ import annotations

import pytest
import torch

from sharp_core.models.two_layer.base_gaussians import (
    FARTHEST,
    base_gaussians,
    decoder_features,
    normalize_depth,
)

R = 8


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(2, 3, R, R, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def depth() -> torch.Tensor:
    return 3 + 5 * torch.rand(2, 2, R, R, generator=torch.Generator().manual_seed(2))


def test_the_nearest_depth_of_each_photo_is_one_unit(depth):
    normalized = normalize_depth(depth)
    torch.testing.assert_close(normalized.depth.amin(dim=(1, 2, 3)), torch.ones(2))
    torch.testing.assert_close(
        normalized.depth * normalized.global_scale[:, None, None, None], depth
    )


def test_depth_in_other_units_changes_the_global_scale_alone(depth):
    once, tenfold = normalize_depth(depth), normalize_depth(10 * depth)
    torch.testing.assert_close(tenfold.depth, once.depth)
    torch.testing.assert_close(tenfold.global_scale, 10 * once.global_scale)


def test_far_depth_is_clamped():
    depth = torch.full((1, 2, R, R), 1e6)
    depth[0, 0, 0, 0] = 2.0
    normalized = normalize_depth(depth)
    assert normalized.depth.max() == FARTHEST
    assert normalized.global_scale.item() == pytest.approx(2.0, rel=1e-5)


def test_cells_are_centred_between_their_pixels(image, depth):
    base = base_gaussians(image, normalize_depth(depth))
    expected = torch.tensor([-0.75, -0.25, 0.25, 0.75])
    torch.testing.assert_close(base.x, expected)
    torch.testing.assert_close(base.y, expected)


def test_a_cell_takes_its_nearest_depth_and_its_mean_colour(image, depth):
    normalized = normalize_depth(depth)
    base = base_gaussians(image, normalized)
    block = normalized.depth[1, 0, 2:4, 6:8]
    torch.testing.assert_close(base.disparity[1, 0, 1, 3], 1 / block.min())
    for layer in range(2):
        mean = image[1, :, 2:4, 6:8].mean(dim=(1, 2))
        torch.testing.assert_close(base.colors[1, :, layer, 1, 3], mean)


def test_a_gaussian_is_one_cell_wide_at_its_depth(image, depth):
    base = base_gaussians(image, normalize_depth(depth))
    spacing = base.x[1] - base.x[0]
    torch.testing.assert_close(base.scales * base.disparity, spacing.expand_as(base.scales))


def test_features_are_image_and_disparities_from_minus_one_to_one(image, depth):
    normalized = normalize_depth(depth)
    features = decoder_features(image, normalized)
    assert features.shape == (2, 5, R, R)
    torch.testing.assert_close(features[:, :3], 2 * image - 1)
    torch.testing.assert_close(features[:, 3:], 2 / normalized.depth - 1)
