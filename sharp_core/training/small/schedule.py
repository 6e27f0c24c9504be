"""Learning rate: warm-up, constant, and a decay that may begin at any step.

"Warm-up, stable, decay" (Hu et al., arXiv 2404.06395): a run that is interrupted and continued
many times needs no length fixed beforehand; useful weights come from a short decay of a copy.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decay:
    """The final phase: from step `first`, over `steps` steps."""

    first: int
    steps: int

    @property
    def last(self) -> int:
        """Return the step at which the rate is zero and the run is over."""
        return self.first + self.steps


@dataclass(frozen=True)
class Schedule:
    """The factor on each learning rate at each step."""

    warm_up_steps: int = 300
    decay: Decay | None = None

    def factor(self, step: int) -> float:
        """Return the factor in [0, 1]: linear rise, 1, then 1 - sqrt of the decay's progress.

        The square root falls fast at first (Haegele et al., arXiv 2405.18392).
        """
        rise = min(1.0, (step + 1) / max(1, self.warm_up_steps))
        if self.decay is None or step < self.decay.first:
            return rise
        progress = min(1.0, (step - self.decay.first) / max(1, self.decay.steps))
        return rise * float(1.0 - progress**0.5)
