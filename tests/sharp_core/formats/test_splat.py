from __future__ import annotations

import struct

import pytest
import torch

from schemas.errors import FormatError
from tests.support.clouds import cloud, read, srgb, turn_between, written

NOT_FINITE = struct.pack("<6f8B", *[float("nan")] * 6, *[200] * 8)
NO_TURN = struct.pack("<6f8B", *[1.0] * 6, *[128] * 8)


def test_values_survive_within_half_a_step() -> None:
    scene = cloud()
    back = read(written(scene, "splat"), "splat").gaussians
    assert torch.equal(back.means, scene.means)
    assert torch.equal(back.scales, scene.scales)
    assert (back.opacities - scene.opacities).abs().max() <= 0.5 / 255 + 1e-6
    assert (srgb(back) - srgb(scene)).abs().max() <= 0.5 / 255 + 1e-5
    # Four components, each off by half of 1/128; a component of 1 by a whole one.
    assert turn_between(back.quats, scene.quats).max() <= 2 * 2 * 0.5 / 128 + 2 / 128


def test_a_row_follows_the_specification() -> None:
    row = struct.pack("<3f3f4B4B", 1, 2, 3, 0.1, 0.2, 0.3, 255, 0, 128, 51, 128, 192, 128, 64)
    scene = read(row, "splat").gaussians
    assert scene.means.tolist() == [[1, 2, 3]]
    torch.testing.assert_close(scene.scales, torch.tensor([[0.1, 0.2, 0.3]]))
    assert scene.opacities.item() == pytest.approx(0.2)
    torch.testing.assert_close(srgb(scene), torch.tensor([[1, 0, 128 / 255]]))
    torch.testing.assert_close(scene.quats, torch.tensor([[0, 0.5**0.5, 0, -(0.5**0.5)]]))


@pytest.mark.parametrize(
    "content",
    [b"", bytes(31), bytes(33), NOT_FINITE, NO_TURN],
    ids=["empty", "short", "long", "not finite", "no turn"],
)
def test_invalid_files_are_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        read(content, "splat")
