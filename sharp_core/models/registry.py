"""Every model by name, the best scenes first. To add one: its folder, and one line here."""

from __future__ import annotations

from schemas.registry import Registry
from sharp_core.models.entry import ModelEntry
from sharp_core.models.prior.entry import PRIOR
from sharp_core.models.sharp.entry import SHARP

UNKNOWN_RANK = 0  # of a model that old catalogs name and nothing registers any more

MODELS = Registry(
    "model",
    ModelEntry,
    lambda: (SHARP, PRIOR),
    group="sharp_batch.models",
)


# What to begin with: it needs no download. Known without the other packages' models.
FIRST_CHOICE = PRIOR.name


def rank_of(name: str) -> int:
    """Return the rank of a model's scenes: the higher, the better."""
    entry = MODELS.find(name)
    return entry.rank if entry is not None else UNKNOWN_RANK
