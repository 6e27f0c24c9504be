"""A network like SHARP's but very narrow, and quick settings to train it."""

from __future__ import annotations

from typing import Any

from schemas.training_settings import TrainPreset
from sharp_core.models.sharp.network.config import NetworkConfig, VitConfig
from sharp_core.training.sharp.losses.weights import LossWeights
from sharp_core.training.sharp.settings import (
    OptimizerSettings,
    ReportSettings,
    TrainingSettings,
)

NARROW = NetworkConfig(
    vit=VitConfig(image_size=128, width=16, depth=2, heads=2, taps=(0, 1), classes=2),
    encoder_widths=(8, 8, 8, 16, 16),
    depth_decoder_width=8,
    gaussian_decoder_width=16,
    head_width=8,
)


QUIET = ReportSettings(
    log_every=1, picture_every=1000, save_every=1000, pictures=1, tensorboard=False
)


def quick_settings(**changes: Any) -> TrainingSettings:
    """Return settings of a short run. Tests put `NARROW` in the place of the preset tiny."""
    values: dict[str, Any] = {
        "preset": TrainPreset.TINY,
        "steps": 4,
        "render_side": 48,
        "loaders": 0,
        "losses": LossWeights(perceptual=0.0),
        "optimizer": OptimizerSettings(rate=1e-3, average=0.5),
        "reports": QUIET,
    }
    return TrainingSettings(**{**values, **changes})
