"""Gaussians turned, moved, scaled or sheared by a matrix."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from sharp_core.scene.cameras import Matrix
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import matrices_to_quats, multiply_quats, rotation_matrices

# A matrix whose axes are equally long and at right angles up to this share is a similarity: what
# float32 leaves of one.
_TOLERANCE = 1e-6
_BLOCK = 1 << 16


def transformed(gaussians: Gaussians, matrix: Matrix) -> Gaussians:
    """Return Gaussians moved by an affine `matrix` (4, 4).

    A similarity turns quaternions and multiplies scales. Any other matrix L gives a Gaussian with
    the axes R, S the covariance (L R S) (L R S)^T: its axes are the left singular vectors of L R S,
    its scales the singular values. A mirrored Gaussian is the same as one that is not.
    """
    if np.array_equal(matrix, np.eye(4)):
        return gaussians
    linear = np.asarray(matrix[:3, :3], np.float64)
    means = gaussians.means.double() @ torch.from_numpy(linear.T.copy())
    means += torch.from_numpy(np.array(matrix[:3, 3], np.float64))
    quats, scales = _shapes(gaussians, linear)
    return Gaussians(means.float(), quats, scales, gaussians.opacities, gaussians.colors)


def _shapes(gaussians: Gaussians, linear: Matrix) -> tuple[Tensor, Tensor]:
    squared = linear @ linear.T
    factor = math.sqrt(abs(float(np.trace(squared))) / 3)
    if factor > 0 and np.allclose(squared / factor**2, np.eye(3), rtol=0, atol=_TOLERANCE):
        rotation = linear / factor * np.sign(np.linalg.det(linear))
        turn = matrices_to_quats(torch.from_numpy(rotation)[None]).t()
        quats = gaussians.quats.double().t()
        turned = multiply_quats(turn.expand_as(quats), quats).t()
        return turned.float().contiguous(), (gaussians.scales.double() * factor).float()
    quats, scales = torch.empty_like(gaussians.quats), torch.empty_like(gaussians.scales)
    left = torch.from_numpy(linear)
    for start in range(0, len(gaussians), _BLOCK):
        rows = slice(start, start + _BLOCK)
        axes = rotation_matrices(gaussians.quats[rows].double())
        axes = left @ (axes * gaussians.scales[rows, None].double())
        # What is not finite has no singular values; it stays what it is.
        is_finite = torch.isfinite(axes).flatten(1).all(dim=1)
        vectors, lengths, _ = torch.linalg.svd(torch.where(is_finite[:, None, None], axes, 0.0))
        vectors = vectors * torch.linalg.det(vectors)[:, None, None].sign()
        quats[rows] = matrices_to_quats(vectors).float()
        scales[rows] = torch.where(is_finite[:, None], lengths, math.nan).float()
    return quats, scales
