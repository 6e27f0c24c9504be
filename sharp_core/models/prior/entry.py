"""The entry of the model `prior`."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.models.entry import ModelEntry

PRIOR = ModelEntry(
    name="prior",
    label="hand-made rules: no weights, plausible depth",
    rank=10,
    load=Lazy("sharp_core.models.prior.predictor", "load"),
    fingerprint="prior-1",
    cpu_seconds=2.0,
)
