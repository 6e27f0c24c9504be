"""Every model by name, the best scenes first. To add one: its folder, and one line here."""

from __future__ import annotations

from schemas.registry import Registry
from sharp_core.models.entry import ModelEntry
from sharp_core.models.sharp.entry import SHARP
from sharp_core.models.small.entry import SMALL

UNKNOWN_RANK = 0  # of a model that old catalogs name and nothing registers any more

MODELS = Registry(
    "model",
    ModelEntry,
    lambda: (SHARP, SMALL),
    group="sharp_batch.models",
    replaced={"prior": "The hand-made rules of 'prior' were replaced by the network 'small'."},
)


def rank_of(name: str) -> int:
    """Return the rank of a model's scenes: the higher, the better."""
    entry = MODELS.find(name)
    return entry.rank if entry is not None else UNKNOWN_RANK
