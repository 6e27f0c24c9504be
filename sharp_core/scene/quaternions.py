"""Quaternions (w, x, y, z): rotation matrices, products, on torch tensors."""

from __future__ import annotations

import torch
from torch import Tensor


def rotation_matrices(quats: Tensor) -> Tensor:
    """Return rotation matrices (N, 3, 3) of quaternions (N, 4) of any length. Differentiable.

    With K the matrix of the cross product with (x, y, z), R = 1 + 2 w K + 2 K K.
    """
    unit = quats / torch.linalg.vector_norm(quats, dim=1, keepdim=True)
    identity = torch.eye(3, dtype=quats.dtype, device=quats.device).expand(len(quats), 3, 3)
    cross = torch.linalg.cross(unit[:, None, 1:].expand_as(identity), identity).mT
    rotations: Tensor = identity + 2 * unit[:, 0, None, None] * cross + 2 * cross @ cross
    return rotations


def multiply_quats(first: Tensor, second: Tensor) -> Tensor:
    """Return the products of quaternions (4, N)."""
    (w1, x1, y1, z1), (w2, x2, y2, z2) = first, second
    return torch.stack(
        (
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        )
    )
