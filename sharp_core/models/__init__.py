"""The models: one photo in, metric Gaussians out. `registry` lists them without loading any.

To add one: a folder with an `entry` and a loader, and one line in `registry`. Other packages add
theirs by entry points of the group `sharp_batch.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from sharp_core.models.entry import DownloadedWeights, ModelEntry
    from sharp_core.models.interface import Predictor, PredictorInput
    from sharp_core.models.registry import MODELS, rank_of

__all__ = [
    "MODELS",
    "DownloadedWeights",
    "ModelEntry",
    "Predictor",
    "PredictorInput",
    "rank_of",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "entry": "DownloadedWeights ModelEntry",
            "interface": "Predictor PredictorInput",
            "registry": "MODELS rank_of",
        },
    )
