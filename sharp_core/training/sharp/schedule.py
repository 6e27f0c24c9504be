"""Learning rate: linear rise, then a cosine down to a tenth (arXiv 2512.10685, appendix A.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CosineSchedule:
    """The rate of each step of a run of `steps` steps.

    The paper's run of 100,000 steps rises for 10,000; a run of another length keeps that share.
    """

    steps: int
    rate: float = 1.6e-4
    last_rate: float = 1.6e-5
    warm_up_share: float = 0.1

    @property
    def warm_up_steps(self) -> int:
        """Return the length of the rise."""
        return round(self.steps * self.warm_up_share)

    def at(self, step: int) -> float:
        """Return the rate of step `step`, counted from 0."""
        if step < self.warm_up_steps:
            return self.rate * step / self.warm_up_steps
        progress = (step - self.warm_up_steps) / max(1, self.steps - self.warm_up_steps)
        fall = (1 + math.cos(math.pi * min(progress, 1.0))) / 2
        return self.last_rate + (self.rate - self.last_rate) * fall
