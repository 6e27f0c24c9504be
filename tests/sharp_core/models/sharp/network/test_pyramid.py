import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.models.sharp.network.pyramid import merge_patches, split_patches


@given(
    grid=st.sampled_from([8, 16, 24, 32]),
    batch=st.integers(1, 3),
    level=st.sampled_from([(8, 5), (4, 3)]),
)
def test_merge_undoes_split(grid, batch, level):
    """A patch of g tokens is taken for g pixels: cutting and merging are then inverse."""
    share, side = level
    overlap = grid // share
    stride = grid - 2 * overlap
    image = torch.rand(batch, 3, grid + (side - 1) * stride, grid + (side - 1) * stride)
    patches = split_patches(image, grid, stride)
    assert patches.shape == (side * side * batch, 3, grid, grid)
    assert torch.equal(merge_patches(patches, batch, overlap), image)


def test_patches_are_in_patch_major_order_row_by_row():
    image = torch.arange(2 * 16 * 16.0).view(2, 1, 16, 16)
    patches = split_patches(image, 8, 4)
    assert torch.equal(patches[0, 0], image[0, 0, :8, :8])
    assert torch.equal(patches[1, 0], image[1, 0, :8, :8])
    assert torch.equal(patches[2, 0], image[0, 0, :8, 4:12])
    assert torch.equal(patches[6, 0], image[0, 0, 4:12, :8])


def test_overlapping_patches_drop_their_outer_half():
    patches = torch.arange(9.0).view(9, 1, 1, 1).expand(9, 1, 8, 8)
    merged = merge_patches(patches, batch=1, overlap=2)
    assert merged.shape == (1, 1, 16, 16)
    assert merged[0, 0, 0].tolist() == [0.0] * 6 + [1.0] * 4 + [2.0] * 6


@pytest.mark.parametrize(("overlap", "side"), [(3, 5), (6, 3), (0, 1)])
def test_the_merged_map_has_the_documented_size(overlap, side):
    patches = torch.zeros(side * side * 2, 4, 24, 24)
    merged = merge_patches(patches, batch=2, overlap=overlap)
    assert merged.shape[-1] == side * (24 - 2 * overlap) + 2 * overlap
