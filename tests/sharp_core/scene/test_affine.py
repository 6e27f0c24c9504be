from __future__ import annotations

import numpy as np
import pytest
import torch

from sharp_core.scene.affine import transformed
from tests.support.clouds import cloud, covariances

TURN = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
LINEAR = {
    "turned": TURN,
    "scaled": 3 * TURN,
    "mirrored": TURN @ np.diag([1, -1, 1.0]),
    "stretched": np.diag([1, 2, 0.5]) @ TURN,
    "sheared": np.array([[1, 0.3, 0], [0, 1, 0], [0, -0.7, 1.0]]),
}


@pytest.mark.parametrize("linear", LINEAR.values(), ids=LINEAR.keys())
def test_means_and_covariances_are_transformed(linear: np.ndarray) -> None:
    scene, matrix = cloud(200), np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = linear, (1, 2, 3)
    moved = transformed(scene, matrix)
    moved.check()
    expected = scene.means.double() @ torch.from_numpy(linear.T.copy()) + torch.tensor([1, 2, 3])
    torch.testing.assert_close(moved.means.double(), expected, atol=1e-5, rtol=1e-6)
    left = torch.from_numpy(linear)
    of_all = left @ covariances(scene) @ left.T
    size = of_all.diagonal(dim1=1, dim2=2).amax(dim=1)[:, None, None]
    assert ((covariances(moved) - of_all).abs() / size).max() < 1e-6


def test_the_identity_changes_nothing() -> None:
    scene = cloud(3)
    assert transformed(scene, np.eye(4)) is scene


def test_what_is_not_finite_stays_so() -> None:
    scene = cloud(3)
    scene.scales[1] = float("nan")
    moved = transformed(scene, np.diag([1, 2, 3, 1.0]))
    assert moved.is_valid().tolist() == [True, False, True]
