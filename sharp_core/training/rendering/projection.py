"""Differentiable projection of Gaussians to the image, in plain torch on any device.

The covariance C of a Gaussian becomes J L C L^T J^T in the image (EWA splatting, see
`sharp_core.render.oracle`), with L the 3x3 part of the view matrix, which may be any linear map,
and J the Jacobian of the perspective projection. All steps are element-wise on (N,) tensors, since
batches of 3x3 matrices are slow. Gaussians without a footprint get harmless values and a mask, so
that no gradient becomes NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.render.rules import JACOBIAN_MARGIN, NEAR_M
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians


class Projection(NamedTuple):
    """N Gaussians in the image, each field (N,). The centre of the top left pixel is (0.5, 0.5)."""

    u: Tensor  # px
    v: Tensor  # px
    depth: Tensor  # along the camera's axis
    variance_u: Tensor  # px^2
    variance_v: Tensor  # px^2
    covariance: Tensor  # px^2, of u and v
    determinant: Tensor  # px^4, of the 2x2 covariance
    visible: Tensor  # bool: beyond the near plane, with an area above zero


def project(gaussians: Gaussians, camera: Camera) -> Projection:
    """Project Gaussians. Where `visible` is False, the other fields have no meaning."""
    seen = camera.intrinsics
    (r00, r01, r02, tx), (r10, r11, r12, ty), (r20, r21, r22, tz) = camera.viewmat[:3].tolist()
    px, py, pz = gaussians.means.unbind(dim=1)
    z = r20 * px + r21 * py + r22 * pz + tz
    in_front = z >= NEAR_M
    z = torch.where(in_front, z, 1.0)
    x = (r00 * px + r01 * py + r02 * pz + tx) / z
    y = (r10 * px + r11 * py + r12 * pz + ty) / z
    margin_x, margin_y = JACOBIAN_MARGIN * seen.width, JACOBIAN_MARGIN * seen.height
    slope_x = x.clamp(-(seen.cx + margin_x) / seen.fx, (seen.width - seen.cx + margin_x) / seen.fx)
    slope_y = y.clamp(-(seen.cy + margin_y) / seen.fy, (seen.height - seen.cy + margin_y) / seen.fy)
    # a, b: rows of J L. p, q: rows of J L R S, so that the covariance is (p, q) (p, q)^T.
    fx_z, fy_z = seen.fx / z, seen.fy / z
    a = (fx_z * (r00 - slope_x * r20), fx_z * (r01 - slope_x * r21), fx_z * (r02 - slope_x * r22))
    b = (fy_z * (r10 - slope_y * r20), fy_z * (r11 - slope_y * r21), fy_z * (r12 - slope_y * r22))
    axes = _scaled_axes(gaussians.quats, gaussians.scales)
    p = [_dot(a, axis) for axis in axes]
    q = [_dot(b, axis) for axis in axes]
    # |p x q|^2 is the determinant, without the cancellation of a difference of products.
    n = (p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0])
    determinant = _dot(n, n)
    visible = in_front & (determinant > 0)
    return Projection(
        u=seen.fx * x + seen.cx,
        v=seen.fy * y + seen.cy,
        depth=z,
        variance_u=torch.where(visible, _dot(p, p), 1.0),
        variance_v=torch.where(visible, _dot(q, q), 1.0),
        covariance=_dot(p, q),
        determinant=torch.where(visible, determinant, 1.0),
        visible=visible,
    )


def _scaled_axes(quats: Tensor, scales: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return the three columns of R S. Quaternions (N, 4) may have any length."""
    w, x, y, z = quats.unbind(dim=1)
    s0, s1, s2 = scales.unbind(dim=1)
    twice = 2 / (w * w + x * x + y * y + z * z)
    return [
        (
            s0 * (1 - twice * (y * y + z * z)),
            s0 * (twice * (x * y + w * z)),
            s0 * (twice * (x * z - w * y)),
        ),
        (
            s1 * (twice * (x * y - w * z)),
            s1 * (1 - twice * (x * x + z * z)),
            s1 * (twice * (y * z + w * x)),
        ),
        (
            s2 * (twice * (x * z + w * y)),
            s2 * (twice * (y * z - w * x)),
            s2 * (1 - twice * (x * x + y * y)),
        ),
    ]


def _dot(
    first: tuple[Tensor, ...] | list[Tensor], second: tuple[Tensor, ...] | list[Tensor]
) -> Tensor:
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
