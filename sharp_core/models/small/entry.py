"""The entry of the model `small`."""

from __future__ import annotations

from schemas.choices import BUNDLED_MODEL
from schemas.registry import Lazy
from sharp_core.models.entry import ModelEntry

SMALL = ModelEntry(
    name=BUNDLED_MODEL,
    label="the bundled depth network (no download)",
    rank=20,
    load=Lazy("sharp_core.models.small.predictor", "load"),
    # The start of the SHA-256 of weights.safetensors, and the version of the code behind it.
    fingerprint="small-8-a8b8376dc7ed",
    cpu_seconds=2.0,
)
