"""Losses of single Gaussians: bounds on offsets and on sizes in the picture."""

from __future__ import annotations

import torch
from torch import Tensor

from sharp_core.models.two_layer.composer import NdcGaussians
from sharp_core.scene.quaternions import rotation_matrices

_X, _Y = 0, 1  # channels of the raw deltas
# Below this depth a projection has no use. In units of the scene: NDC Gaussians are in metres.
_NEAR_M = 0.01


def delta_loss(deltas: Tensor, largest: float = 400.0) -> Tensor:
    """Return the mean over Gaussians of [|dx| - largest]+ + [|dy| - largest]+.

    `deltas` (B, 14, L, G, G) are raw outputs of the network, before any factor.
    """
    return (deltas[:, [_X, _Y]].abs() - largest).clamp_min(0.0).sum(dim=1).mean()


def splat_loss(variances: Tensor, smallest: float = 0.1, largest: float = 100.0) -> Tensor:
    """Return the mean over Gaussians of [large - largest]+ + [smallest - small]+, in px^2.

    `variances` (N, 2) are the smaller and the larger one of each Gaussian's footprint. (Which
    variance is meant is not in the paper: both bounds then hold in every direction.)
    """
    small, large = variances.unbind(dim=1)
    above, below = (large - largest).clamp_min(0.0), (smallest - small).clamp_min(0.0)
    return (above + below).sum() / max(len(variances), 1)


def input_view_variances(gaussians: NdcGaussians, resolution: int) -> Tensor:
    """Return the variances (M, 2) in px^2, smaller first, of footprints in the input view.

    `gaussians` are those of one or more photos, in NDC; the view is the network's square input of
    `resolution` pixels a side. M counts the Gaussians before the camera. (View and unit are not in
    the paper. A base Gaussian has 4 px^2 there.) The footprint is the affine approximation of
    Zwicker et al., "EWA Volume Splatting" (2001).
    """
    means = gaussians.means.flatten(0, 1)
    seen = means[:, 2] > _NEAR_M
    x, y, z = means[seen].unbind(dim=1)
    focal = resolution / 2  # pixels per unit of NDC
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        (torch.stack((1 / z, zero, -x / z**2), 1), torch.stack((zero, 1 / z, -y / z**2), 1)), dim=1
    )  # (M, 2, 3)
    quats, scales = gaussians.quats.flatten(0, 1)[seen], gaussians.scales.flatten(0, 1)[seen]
    root = focal * jacobian @ (rotation_matrices(quats) * scales[:, None, :])  # (M, 2, 3)
    covariance = root @ root.mT  # (M, 2, 2)
    middle = (covariance[:, 0, 0] + covariance[:, 1, 1]) / 2
    half_difference = (covariance[:, 0, 0] - covariance[:, 1, 1]) / 2
    # The floor keeps the gradient of a round footprint finite.
    spread = (half_difference**2 + covariance[:, 0, 1] ** 2).clamp_min(1e-12).sqrt()
    return torch.stack((middle - spread, middle + spread), dim=1)
