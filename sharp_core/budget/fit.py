"""Fit Gaussians to views of the scene that they were merged from, by gradient descent.

Merging keeps moments, not views: at the edges of a merged Gaussian its colour mixes with that of
its neighbours. Some steps of Adam (D. P. Kingma and J. Ba, "Adam: A method for stochastic
optimization", 2015) on the squared error of sRGB in views from the head box undo most of that.
Each step renders one view; views take turns. The number of steps is fixed, so that equal input
gives equal output. It uses the CPU rasteriser, whose gradients do not depend on the number of
threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera
from sharp_core.scene.colors import linear_to_srgb, srgb_to_linear
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.rasterize import rasterize

STEPS = 48  # four rounds over twelve views
# Step sizes of each parameter in its own form, falling to a tenth in the course of the fit.
_RATES = {
    "means": 0.2,  # pixels of the view
    "quats": 0.01,
    "scales": 0.02,  # logarithm
    "opacities": 0.05,  # logit
    "colors": 0.02,  # sRGB
}
_BETAS = (0.9, 0.99)
_LAST_RATE = 0.1
_MOST_OPAQUE = 0.999
_LOGITS_WITHIN = (0.01, 0.99)


class _Free(NamedTuple):
    """The parameters that are optimised, each without limits."""

    means: Tensor  # (N, 3) offsets in pixels of the view
    quats: Tensor  # (N, 4)
    scales: Tensor  # (N, 3) logarithms
    opacities: Tensor  # (N,) logits
    colors: Tensor  # (N, 3) sRGB


def fit(
    gaussians: Gaussians,
    scene: Gaussians,
    cameras: Sequence[Camera],
    threads: int | None = None,
    steps: int = STEPS,
) -> Gaussians:
    """Return Gaussians that look more like `scene` from the cameras, all on the CPU.

    `threads` None means as many as PyTorch uses; the result is the same with any number.
    """
    renderer = make_renderer(scene, "cpu", threads=threads)
    targets = [linear_to_srgb(renderer.render(one).color_linear.clamp(0, 1)) for one in cameras]
    pixel_m = _pixel_sizes(gaussians, cameras[0])
    free = _Free(
        torch.zeros_like(gaussians.means),
        gaussians.quats.clone(),
        gaussians.scales.log(),
        torch.logit(gaussians.opacities.clamp(*_LOGITS_WITHIN)),
        linear_to_srgb(gaussians.colors),
    )
    for parameter in free:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(
        [{"params": [getattr(free, name)], "lr": rate} for name, rate in _RATES.items()],
        betas=_BETAS,
    )
    for step in range(steps):
        share = 1 - (1 - _LAST_RATE) * step / steps
        for group, rate in zip(optimizer.param_groups, _RATES.values(), strict=True):
            group["lr"] = rate * share
        view = step % len(cameras)
        shown = rasterize(_gaussians(free, gaussians, pixel_m), cameras[view], threads).color
        loss = (linear_to_srgb(shown) - targets[view]).square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    fitted = _Free(*(parameter.detach() for parameter in free))
    return _valid(_gaussians(fitted, gaussians, pixel_m), gaussians)


def _pixel_sizes(gaussians: Gaussians, camera: Camera) -> Tensor:
    """Return (N, 1): the width of a pixel at each Gaussian's distance, in metres."""
    distances = torch.linalg.vector_norm(gaussians.means, dim=1, keepdim=True)
    sizes: Tensor = distances / camera.intrinsics.fx
    return sizes


def _gaussians(free: _Free, start: Gaussians, pixel_m: Tensor) -> Gaussians:
    return Gaussians(
        start.means + free.means * pixel_m,
        free.quats,
        free.scales.exp(),
        torch.sigmoid(free.opacities) * _MOST_OPAQUE,
        srgb_to_linear(free.colors),
    )


def _valid(fitted: Gaussians, start: Gaussians) -> Gaussians:
    """Return the fitted Gaussians, colours within [0, 1], with the start where one is not valid."""
    fitted = replace(fitted, colors=fitted.colors.clamp(0, 1))
    is_valid = fitted.is_valid()
    if bool(is_valid.all()):
        return fitted
    pairs = (
        (name, getattr(fitted, name), getattr(start, name))
        for name in ("means", "quats", "scales", "opacities", "colors")
    )
    return Gaussians(
        **{
            name: torch.where(is_valid.reshape(-1, *[1] * (new.ndim - 1)), new, old)
            for name, new, old in pairs
        }
    )
