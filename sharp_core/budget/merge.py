"""Clusters of Gaussians -> one Gaussian each, with the moments of its members.

Mean and covariance are those of the mixture that the members are, weighted by the area that each
covers in the views. A mixture of many nearly opaque Gaussians that tile a surface covers it evenly;
one Gaussian with the same covariance is thinner at its edges, and what lies behind shines through.
So its covariance is enlarged until opacity times footprint is `_COVER` times the area that the
members cover in the views: the overlap at which neighbours close the surface (measured).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from sharp_core.budget.clusters import sums_by
from sharp_core.budget.neighbors import Floats, Indices
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import matrices_to_quats, rotation_matrices

# Opacity times footprint of a merged Gaussian, in areas that its members cover.
_COVER = 2.5
_MOST_ENLARGED = 4.0  # of the covariance
_SMALLEST_VARIANCE = 1e-14  # m^2
_MOST_OPAQUE = 0.99


def merge(gaussians: Gaussians, clusters: Indices, count: int, areas: Floats) -> Gaussians:
    """Return `count` Gaussians, one per cluster; a cluster of one stays as it is.

    `areas` (N,) are solid angles that the Gaussians cover in the views, in steradians, above zero.
    """
    members = np.bincount(clusters, minlength=count).astype(np.int32)
    total = sums_by(clusters, count, areas[:, None])[:, 0]

    def mean(values: Tensor) -> Tensor:
        weighted = values.reshape(len(values), -1).double().numpy() * areas[:, None]
        return torch.from_numpy(sums_by(clusters, count, weighted) / total[:, None])

    means = mean(gaussians.means)
    axes = rotation_matrices(gaussians.quats.double()) * gaussians.scales.double()[:, None, :]
    offsets = gaussians.means.double() - means[torch.from_numpy(clusters).long()]
    spread = axes @ axes.mT + offsets[:, :, None] * offsets[:, None, :]
    covariances = mean(spread).reshape(-1, 3, 3)
    opacities = mean(gaussians.opacities)[:, 0]
    footprints = 2 * torch.pi * opacities * _solid_angles(means, covariances)
    enlarged = (_COVER * torch.from_numpy(total) / footprints).clamp(1.0, _MOST_ENLARGED)
    variances, rotations = torch.linalg.eigh(covariances)
    rotations = rotations * torch.linalg.det(rotations).sign()[:, None, None]
    scales = (variances.clamp_min(_SMALLEST_VARIANCE) * enlarged[:, None]).sqrt()
    merged = Gaussians(
        means.float(),
        matrices_to_quats(rotations).float(),
        scales.float(),
        opacities.float().clamp_max(_MOST_OPAQUE),
        mean(gaussians.colors).float(),
    )
    return _with_singles(merged, gaussians, clusters, members)


def _solid_angles(means: Tensor, covariances: Tensor) -> Tensor:
    """Return (N,): the standard deviations across the ray from the origin, as a product, over r^2.

    With d the unit ray, the determinant of a covariance projected along d is d^T adj(C) d.
    """
    squares = means.square().sum(dim=1).clamp_min(1e-12)
    rays = means / squares.sqrt()[:, None]
    first, second, third = covariances.unbind(dim=1)
    adjugate = torch.stack(
        [
            torch.linalg.cross(second, third),
            torch.linalg.cross(third, first),
            torch.linalg.cross(first, second),
        ],
        dim=1,
    )
    across = torch.einsum("ni,nij,nj->n", rays, adjugate, rays)
    return across.clamp_min(1e-30).sqrt() / squares


def _with_singles(
    merged: Gaussians, gaussians: Gaussians, clusters: Indices, members: Indices
) -> Gaussians:
    """Return the merged Gaussians with the only member of each cluster of one in its place."""
    singles = np.flatnonzero(members[clusters] == 1)
    places, sources = torch.from_numpy(clusters[singles]).long(), torch.from_numpy(singles)
    fields = {}
    for name in ("means", "quats", "scales", "opacities", "colors"):
        values = getattr(merged, name).clone()
        values[places] = getattr(gaussians, name)[sources]
        fields[name] = values
    return replace(merged, **fields)
