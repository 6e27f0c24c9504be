"""Every metric by name. To add one: its file, and one entry here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemas.registry import Lazy, Registry
from sharp_core.evaluation.metrics.entry import Compare, MetricEntry, MetricWeights

if TYPE_CHECKING:
    import torch

_HERE = "sharp_core.evaluation.metrics.load"

METRICS = Registry(
    "metric",
    MetricEntry,
    lambda: (
        MetricEntry(
            "psnr", "peak signal-to-noise ratio", "PSNR (dB)", True, 2, Lazy(_HERE, "load_psnr")
        ),
        MetricEntry("ssim", "structural similarity", "SSIM", True, 4, Lazy(_HERE, "load_ssim")),
        MetricEntry(
            "lpips-vgg", "LPIPS 0.1 over VGG16", "LPIPS (VGG)", False, 4,
            Lazy(_HERE, "load_lpips_vgg"),
        ),
        MetricEntry(
            "lpips-alex", "LPIPS 0.1 over AlexNet", "LPIPS (Alex)", False, 4,
            Lazy(_HERE, "load_lpips_alex"),
        ),
        MetricEntry("dists", "DISTS", "DISTS", False, 4, Lazy(_HERE, "load_dists")),
    ),
)  # fmt: skip


def load_metrics(
    names: Sequence[str], weights: MetricWeights, device: torch.device
) -> dict[str, Compare]:
    """Return the metrics by name, ready to compare. Raises UsageError, WeightsError, RunError."""
    return {name: METRICS.get(name, "--metric").load.get()(weights, device) for name in names}
