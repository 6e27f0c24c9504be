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


def matrices_to_quats(rotations: Tensor) -> Tensor:
    """Return unit quaternions (N, 4) of rotation matrices (N, 3, 3).

    Each of the four rows of the symmetric matrix 4 q q^T is a multiple of the quaternion; the one
    with the largest diagonal element is the most precise (Shepperd 1978).
    """
    m = rotations.permute(1, 2, 0)
    xx, yy, zz = m[0, 0], m[1, 1], m[2, 2]
    wx, wy, wz = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    xy, xz, yz = m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1]
    rows = torch.stack(
        (
            torch.stack((1 + xx + yy + zz, wx, wy, wz)),
            torch.stack((wx, 1 + xx - yy - zz, xy, xz)),
            torch.stack((wy, xy, 1 - xx + yy - zz, yz)),
            torch.stack((wz, xz, yz, 1 - xx - yy + zz)),
        )
    ).permute(2, 0, 1)  # (N, row, component)
    largest = rows.diagonal(dim1=1, dim2=2).argmax(dim=1)
    chosen = rows[torch.arange(len(rows), device=rows.device), largest]
    quats: Tensor = chosen / torch.linalg.vector_norm(chosen, dim=1, keepdim=True)
    return quats
