"""The losses of one pair: renders both views of what the network predicted and compares them.

arXiv 2512.10685, section 3.4 and equation 3.12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.scene.colors import linear_to_srgb, srgb_to_linear
from sharp_core.training.rendering.api import render_views
from sharp_core.training.rendering.ndc import ndc_camera, ndc_scene
from sharp_core.training.sharp.losses.alpha import alpha_loss
from sharp_core.training.sharp.losses.color import color_loss
from sharp_core.training.sharp.losses.depth import depth_loss, grad_loss, tv_loss
from sharp_core.training.sharp.losses.frustum import frustum_mask
from sharp_core.training.sharp.losses.gaussians import (
    delta_loss,
    input_view_variances,
    splat_loss,
)
from sharp_core.training.sharp.losses.perceptual import PerceptualLoss, without_graph
from sharp_core.training.sharp.losses.scale_map import scale_gradient_loss, scale_loss
from sharp_core.training.sharp.losses.weights import LossConstants, LossWeights
from sharp_core.training.sharp.prepare import PreparedPair, TrueView


@dataclass(frozen=True, slots=True, eq=False)
class RenderedView:
    """A view of a predicted scene."""

    linear: Tensor  # (3, h, w) linear RGB on black, not clamped
    alpha: Tensor  # (h, w)

    @property
    def srgb(self) -> Tensor:
        """The view as the eye sees it, (3, h, w); values above 1 are kept."""
        return linear_to_srgb(self.linear)


@dataclass(frozen=True, slots=True)
class Objective:
    """The weighted losses of a run."""

    weights: LossWeights
    constants: LossConstants
    perceptual: PerceptualLoss | None
    keep_perceptual_graph: bool = False
    linear_color: bool = False

    def losses(self, stages: NetworkStages, pair: PreparedPair) -> dict[str, Tensor]:
        """Return each loss whose weight is above 0, unweighted, by its name in `LossWeights`."""
        resolution = stages.adjusted_depth.shape[-1]
        source, target = render_pair(stages, pair)
        mask = frustum_mask(
            pair.target.depth, pair.target.camera, pair.source.camera, self.constants.mask_margin
        )
        constants, true_depth = self.constants, pair.seen.true_depth
        disparity = 1.0 / stages.normalized.depth  # (1, 2, R, R), at most 1
        makers: dict[str, Callable[[], Tensor]] = {
            "color": lambda: (
                self._color(source, pair.source) + self._color(target, pair.target, mask)
            ),
            "perceptual": lambda: self._perceptual(target, pair.target, mask),
            # Both views, as in the formula; the text beside it names the input view alone.
            "alpha": lambda: (
                alpha_loss(source.alpha, None, constants.alpha_floor)
                + alpha_loss(target.alpha, mask, constants.alpha_floor)
            ),
            "tv": lambda: tv_loss(disparity[:, 1:]),
            "grad": lambda: grad_loss(
                disparity,
                stages.gaussians.opacities.view(1, 2, resolution // 2, resolution // 2),
                constants.grad_sigma,
                constants.grad_margin,
            ),
            "delta": lambda: delta_loss(stages.deltas, constants.largest_delta),
            "splat": lambda: splat_loss(
                input_view_variances(stages.gaussians, resolution),
                constants.smallest_variance,
                constants.largest_variance,
            ),
        }
        if true_depth is not None:
            makers["depth"] = lambda: depth_loss(stages.adjusted_depth[:, :1], true_depth)
            makers["scale"] = lambda: scale_loss(stages.scale_map)
            makers["scale_gradient"] = lambda: scale_gradient_loss(stages.scale_map)
        names = [field.name for field in fields(self.weights)]
        return {
            name: makers[name]() for name in names if getattr(self.weights, name) and name in makers
        }

    def total(self, losses: dict[str, Tensor]) -> Tensor:
        """Return the weighted sum."""
        weighted = [getattr(self.weights, name) * loss for name, loss in losses.items()]
        return torch.stack(weighted).sum()

    def _color(self, view: RenderedView, true: TrueView, mask: Tensor | None = None) -> Tensor:
        if self.linear_color:
            return color_loss(view.linear, srgb_to_linear(true.picture), mask)
        return color_loss(view.srgb, true.picture, mask)

    def _perceptual(self, view: RenderedView, true: TrueView, mask: Tensor) -> Tensor:
        assert self.perceptual is not None, "a weight without an extractor"
        # Outside of the mask the truth stands in for the view: there is nothing to compare.
        picture = torch.where(mask, view.srgb, true.picture)
        loss = self.perceptual
        if self.keep_perceptual_graph:
            value: Tensor = loss(picture, true.picture)
            return value
        return without_graph(lambda shown: loss(shown, true.picture), picture)


def render_pair(stages: NetworkStages, pair: PreparedPair) -> tuple[RenderedView, RenderedView]:
    """Return the predicted scene from the source's and from the target's camera."""
    source, target = pair.source.camera, pair.target.camera
    scene = ndc_scene(stages.gaussians, 0)
    views = []
    for camera in (source, target):  # one by one: their sizes may differ
        seen = render_views(scene, [ndc_camera(source, camera)])
        views.append(RenderedView(seen.color[0].permute(2, 0, 1), seen.alpha[0]))
    return views[0], views[1]
