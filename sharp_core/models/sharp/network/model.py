"""The whole network. In: square photos and focal lengths. Out: Gaussians in NDC.

photo, R x R sRGB --+-> depth model --> depth [m] --(x scale map, with true depth)--+
                    |        | features                                             |
                    |        v                       nearest depth = 1  <-----------+
                    +-> Gaussian decoder <-- inverse depths <--|
                    |        | deltas                          |
                    +------> composer <-- base Gaussians <-----+--> global scale [m]
                             |
                             v
            Gaussians in NDC, depth and scales in metres again
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sharp_core.models.sharp.network.alignment import DepthAlignment
from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.depth import Depth, DepthModel
from sharp_core.models.sharp.network.gaussian_decoder import DeltaHead, GaussianDecoder
from sharp_core.models.two_layer.base_gaussians import (
    BaseGaussians,
    NormalizedDepth,
    base_gaussians,
    decoder_features,
    normalize_depth,
)
from sharp_core.models.two_layer.composer import NdcGaussians, compose


class NetworkStages(NamedTuple):
    """All that one pass predicts, in the order of the drawing."""

    gaussians: NdcGaussians
    predicted_depth: Tensor  # (B, 2, R, R) metres
    scale_map: Tensor  # (B, 1, R, R) factors; ones without true depth
    adjusted_depth: Tensor  # (B, 2, R, R) metres: the predicted depth times the scale map
    normalized: NormalizedDepth  # of the adjusted depth
    base: BaseGaussians
    deltas: Tensor  # (B, 14, 2, R/2, R/2) raw outputs, in the order of the composer


class SharpNetwork(nn.Module):
    """SHARP (arXiv 2512.10685), with the parameter names of the published checkpoint.

    The constructor does not initialise parameters: `weights.py` loads them from a checkpoint.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_model = GaussianDecoder(config)
        self.monodepth_model = DepthModel(config)
        self.prediction_head = DeltaHead(config)
        self.depth_alignment = DepthAlignment()

    def float32_modules(self) -> list[nn.Module]:
        """Return the modules that always run in float32, since their rounding would be visible."""
        disparity = self.monodepth_model.monodepth_predictor
        return [disparity.last, self.prediction_head, self.depth_alignment]

    def forward(
        self, image: Tensor, disparity_factor: Tensor, true_depth: Tensor | None = None
    ) -> NdcGaussians:
        """Predict Gaussians in NDC, `config.gaussians` a photo.

        `image` is (B, 3, R, R) sRGB in [0, 1], float32; `disparity_factor` (B,) is focal length
        over width, both in pixels of the photo; `true_depth` (B, 1, R, R) is in metres.
        """
        return self.stages(image, disparity_factor, true_depth).gaussians

    def stages(
        self, image: Tensor, disparity_factor: Tensor, true_depth: Tensor | None = None
    ) -> NetworkStages:
        """Return the Gaussians as `forward` does, and what led to them: losses need both.

        Where `true_depth` is 0 it is not known, and the predicted depth takes its place.
        """
        seen: Depth = self.monodepth_model(image, disparity_factor)
        first = seen.depth[:, :1]
        if true_depth is None:
            scale_map = torch.ones_like(first)
            depth = seen.depth
        else:
            known = torch.where(true_depth > 0, true_depth, first.detach())
            scale_map = self.depth_alignment(first, known)
            depth = seen.depth * scale_map
        normalized = normalize_depth(depth)
        base = base_gaussians(image, normalized)
        inputs = decoder_features(image, normalized)
        geometry, texture = self.feature_model(seen.features, inputs)
        deltas = self.prediction_head(geometry, texture)
        gaussians = compose(base, deltas)
        return NetworkStages(gaussians, seen.depth, scale_map, depth, normalized, base, deltas)
