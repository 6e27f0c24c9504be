"""Weights and constants of the ten losses: arXiv 2512.10685, section 3.4 and appendix A.2."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from schemas.errors import UsageError


@dataclass(frozen=True, slots=True)
class LossWeights:
    """The weight of each loss in the total. A weight of 0 leaves its loss out."""

    color: float = 1.0
    perceptual: float = 3.0
    alpha: float = 1.0
    depth: float = 0.2
    tv: float = 1.0
    grad: float = 0.5
    delta: float = 1.0
    splat: float = 1.0
    scale: float = 0.1
    scale_gradient: float = 5.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) >= 0:
                raise UsageError(
                    f"weight of the loss {field.name}: expected 0 or more, "
                    f"found {getattr(self, field.name)}"
                )

    def without(self, *names: str) -> LossWeights:
        """Return the weights with these losses left out."""
        return replace(self, **dict.fromkeys(names, 0.0))


@dataclass(frozen=True, slots=True)
class LossConstants:
    """What the formulas hold beside their weights."""

    gram: float = 10.0  # weight of a stage's Gram matrices: gram / D^2 times their squared norm
    grad_sigma: float = 0.01  # of disparity a pixel
    grad_margin: float = 0.01  # epsilon: a smaller slope of disparity is not a step
    largest_delta: float = 400.0  # raw units: 0.4 NDC, a fifth of the picture
    smallest_variance: float = 0.1  # px^2
    largest_variance: float = 100.0  # px^2
    mask_margin: float = 1.05  # normalised coordinates that still count as seen by the source
    alpha_floor: float = 1e-4  # not in the paper: bounds the loss where nothing is rendered
