"""How each metric is made from files of weights and a device."""

from __future__ import annotations

import torch

from sharp_core.evaluation.metrics.backbones import ALEXNET, VGG16
from sharp_core.evaluation.metrics.dists import DistsMetric
from sharp_core.evaluation.metrics.entry import Compare, MetricWeights
from sharp_core.evaluation.metrics.lpips import LpipsMetric
from sharp_core.evaluation.metrics.psnr import psnr
from sharp_core.evaluation.metrics.ssim import ssim

_VGG16_OPTION, _ALEXNET_OPTION = "--vgg16", "--alexnet"


def load_psnr(_weights: MetricWeights, _device: torch.device) -> Compare:
    """Return PSNR, which needs nothing."""
    return psnr


def load_ssim(_weights: MetricWeights, _device: torch.device) -> Compare:
    """Return SSIM, which needs nothing."""
    return ssim


def load_lpips_vgg(weights: MetricWeights, device: torch.device) -> Compare:
    """Return LPIPS over VGG16. Raises WeightsError, MissingToolError."""
    return LpipsMetric(VGG16, weights.vgg16, _VGG16_OPTION, device)


def load_lpips_alex(weights: MetricWeights, device: torch.device) -> Compare:
    """Return LPIPS over AlexNet. Raises WeightsError, MissingToolError."""
    return LpipsMetric(ALEXNET, weights.alexnet, _ALEXNET_OPTION, device)


def load_dists(weights: MetricWeights, device: torch.device) -> Compare:
    """Return DISTS over VGG16. Raises WeightsError, MissingToolError."""
    return DistsMetric(weights.vgg16, _VGG16_OPTION, device)
