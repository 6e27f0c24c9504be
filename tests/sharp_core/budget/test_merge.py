from __future__ import annotations

import numpy as np
import torch

from sharp_core.budget.merge import merge
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import rotation_matrices


def pair(opacity: float = 0.9) -> Gaussians:
    return Gaussians(
        means=torch.tensor([[-0.1, 0.0, 2.0], [0.1, 0.0, 2.0]]),
        quats=torch.tensor([[1.0, 0, 0, 0], [1.0, 0, 0, 0]]),
        scales=torch.tensor([[0.1, 0.1, 0.01], [0.1, 0.1, 0.01]]),
        opacities=torch.full((2,), opacity),
        colors=torch.tensor([[1.0, 0, 0], [0, 0, 1.0]]),
    )


def covariance(one: Gaussians) -> torch.Tensor:
    root = rotation_matrices(one.quats) * one.scales[:, None, :]
    return (root @ root.mT)[0]


def test_moments_are_those_of_the_mixture() -> None:
    # Areas so small that nothing is enlarged.
    merged = merge(pair(), np.zeros(2, np.int32), 1, np.array([1e-6, 3e-6]))
    assert torch.allclose(merged.means, torch.tensor([[0.05, 0.0, 2.0]]))
    assert torch.allclose(merged.colors, torch.tensor([[0.25, 0.0, 0.75]]))
    spread = 0.1**2 + (0.25 * 0.15**2 + 0.75 * 0.05**2)
    expected = torch.diag(torch.tensor([spread, 0.1**2, 0.01**2]))
    assert torch.allclose(covariance(merged), expected, atol=1e-6)


def test_a_merged_gaussian_covers_what_its_members_cover() -> None:
    steradians = np.full(2, 0.008)
    merged = merge(pair(), np.zeros(2, np.int32), 1, steradians)
    # Seen from the origin at 2 m, its footprint times opacity is 2.5 times what they cover.
    wide, high, _ = merged.scales[0].sort(descending=True).values.tolist()
    footprint = 2 * np.pi * wide * high / 2**2 * float(merged.opacities[0])
    assert abs(footprint / (2.5 * steradians.sum()) - 1) < 1e-3


def test_a_cluster_of_one_stays_as_it_is() -> None:
    scene = pair()
    merged = merge(scene, np.array([1, 0], np.int32), 2, np.full(2, 0.5))
    for name in ("means", "quats", "scales", "opacities", "colors"):
        assert torch.equal(getattr(merged, name), getattr(scene, name)[[1, 0]])
