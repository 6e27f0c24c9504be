import pytest
import torch

from sharp_core.models.sharp.network import blocks
from sharp_core.models.sharp.network.blocks import FusionBlock, PlainResidual


def random_block() -> FusionBlock:
    torch.manual_seed(0)
    return FusionBlock(8, upsample=False).requires_grad_(False)


@pytest.mark.parametrize("height", [7, 30, 41])
def test_strips_give_the_same_as_the_whole(monkeypatch, height):
    block, x, skip = random_block(), torch.randn(2, 8, height, 5), torch.randn(2, 8, height, 5)
    with torch.inference_mode():
        whole = block(x.clone(), skip)
        monkeypatch.setattr(blocks, "_STRIP_VALUES", 8 * 5 * 10)  # ten rows, four of them shared
        torch.testing.assert_close(block(x.clone(), skip), whole)


def test_a_residual_is_added_to_what_the_caller_names():
    torch.manual_seed(0)
    residual, x, into = PlainResidual(4), torch.randn(1, 4, 6, 6), torch.randn(1, 4, 6, 6)
    expected = into + residual.residual(x)
    before = x.clone()
    with torch.no_grad():
        found = residual(x, into=into)
    assert found is into
    torch.testing.assert_close(found, expected)
    assert torch.equal(x, before)
