"""Quaternions (w, x, y, z) as rotation matrices, on torch tensors."""

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
