"""The reference engine: exact, plain torch, any device, differentiable, for small scenes.

It evaluates every Gaussian at every pixel, so its cost is pixels times Gaussians. Tests compare the
other engines with it. Splatting is the affine approximation of Zwicker et al., "EWA Volume
Splatting" (2001): a covariance C becomes J C J^T in the image, with J the Jacobian of the
projection at the centre of the Gaussian.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.render.rules import (
    ALPHA_FLOOR,
    JACOBIAN_MARGIN,
    MAX_ALPHA,
    MIN_ALPHA,
    MIN_TRANSMITTANCE,
    NEAR_M,
)
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import rotation_matrices

# Pixels times Gaussians per strip: some tens of megabytes for each intermediate tensor.
_STRIP_VALUES = 1 << 23


class _Footprints(NamedTuple):
    """Gaussians projected to the image, nearest first."""

    centers: Tensor  # (N, 2) pixels
    inverses: Tensor  # (N, 2, 2) inverse covariances, 1 / px^2
    depths: Tensor  # (N,)
    opacities: Tensor  # (N,)
    colors: Tensor  # (N, 3)


class TorchRenderer:
    """Renders views of one scene. Differentiable: it caches nothing between calls."""

    engine = "torch"

    def __init__(self, gaussians: Gaussians) -> None:
        self._gaussians = gaussians

    def render(self, camera: Camera, background: Background = BLACK) -> RenderResult:
        """Return one view, in the precision and on the device of the Gaussians."""
        footprints = _project(self._gaussians, camera)
        width, height = camera.intrinsics.width, camera.intrinsics.height
        count = len(footprints.depths)
        rows = max(1, _STRIP_VALUES // max(1, width * count))
        strips = [
            _blend(footprints, width, top, min(top + rows, height))
            for top in range(0, height, rows)
        ]
        color, depth, alpha = (torch.cat(parts) for parts in zip(*strips, strict=True))
        behind = (1 - alpha)[..., None] * color.new_tensor(background)
        return RenderResult(color + behind, depth / alpha.clamp_min(ALPHA_FLOOR), alpha)


def _project(gaussians: Gaussians, camera: Camera) -> _Footprints:
    seen = camera.intrinsics
    viewmat = torch.as_tensor(camera.viewmat).to(gaussians.means)
    rotation = viewmat[:3, :3]
    points = gaussians.means @ rotation.T + viewmat[:3, 3]
    order = torch.argsort(points[:, 2], stable=True)
    order = order[points[order, 2] >= NEAR_M]
    x, y, z = points[order].unbind(dim=1)

    margin_x, margin_y = JACOBIAN_MARGIN * seen.width, JACOBIAN_MARGIN * seen.height
    tangent_x = (x / z).clamp(
        -(seen.cx + margin_x) / seen.fx, (seen.width - seen.cx + margin_x) / seen.fx
    )
    tangent_y = (y / z).clamp(
        -(seen.cy + margin_y) / seen.fy, (seen.height - seen.cy + margin_y) / seen.fy
    )
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        [
            torch.stack([seen.fx / z, zero, -seen.fx * tangent_x / z], dim=1),
            torch.stack([zero, seen.fy / z, -seen.fy * tangent_y / z], dim=1),
        ],
        dim=1,
    )  # (N, 2, 3)
    axes = rotation_matrices(gaussians.quats[order]) * gaussians.scales[order][:, None, :]
    root = jacobian @ rotation @ axes  # (N, 2, 3)
    covariances = root @ root.transpose(1, 2)  # (N, 2, 2)
    has_area = torch.linalg.det(covariances.detach()) > 0
    order = order[has_area]
    centers = torch.stack([seen.fx * x / z + seen.cx, seen.fy * y / z + seen.cy], dim=1)
    return _Footprints(
        centers[has_area],
        torch.linalg.inv(covariances[has_area]),
        z[has_area],
        gaussians.opacities[order],
        gaussians.colors[order],
    )


def _blend(
    footprints: _Footprints, width: int, top: int, bottom: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Blend the rows `top` to `bottom`.

    Returns colour on black (h, W, 3), depth times alpha (h, W) and alpha (h, W).
    """
    centers = footprints.centers
    rows, columns = (
        torch.arange(first, last, device=centers.device, dtype=centers.dtype) + 0.5
        for first, last in ((top, bottom), (0, width))
    )
    dx = columns[None, :, None] - centers[:, 0]  # (1, W, N)
    dy = rows[:, None, None] - centers[:, 1]  # (h, 1, N)
    inverses = footprints.inverses
    sigma = (inverses[:, 0, 0] * dx * dx + inverses[:, 1, 1] * dy * dy) / 2
    sigma = sigma + inverses[:, 0, 1] * dx * dy  # (h, W, N)
    alpha = (footprints.opacities * torch.exp(-sigma)).clamp_max(MAX_ALPHA)
    alpha = torch.where((alpha >= MIN_ALPHA) & (sigma >= 0), alpha, 0.0)
    after = torch.cumprod(1 - alpha, dim=-1)
    before = torch.cat([torch.ones_like(after[..., :1]), after[..., :-1]], dim=-1)
    weights = torch.where(after > MIN_TRANSMITTANCE, alpha * before, 0.0)
    return weights @ footprints.colors, weights @ footprints.depths, weights.sum(dim=-1)
