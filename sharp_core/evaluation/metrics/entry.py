"""What is known of a metric before it is loaded, and what loading it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.registry import Lazy

if TYPE_CHECKING:  # torch is imported where a metric is loaded
    import torch

    from sharp_core.scene.posed_picture import Pixels

Compare = Callable[["Pixels", "Pixels"], float]  # rendered, target; raises ValueError


@dataclass(frozen=True, slots=True)
class MetricWeights:
    """Files of weights that a person names; None is where torchvision keeps them."""

    vgg16: Path | None = None
    alexnet: Path | None = None


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """One metric."""

    name: str
    label: str  # a line for help and menus
    title: str  # of a column
    higher_is_better: bool
    decimals: int
    load: Lazy[Callable[[MetricWeights, torch.device], Compare]]  # raises WeightsError

    @property
    def arrow(self) -> str:
        """The direction of better values, for headings."""
        return "↑" if self.higher_is_better else "↓"
