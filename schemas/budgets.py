"""How many Gaussians a scene may have: a number, or the name of what is going to show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from schemas.errors import UsageError
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_choice, check_limits, setting_field


@dataclass(frozen=True, slots=True)
class Budget:
    """A named number of Gaussians."""

    name: str
    max_gaussians: int
    label: str  # what it is for, in words for help and menus


class _Budgets:
    """All named budgets, as choices of a setting."""

    def __iter__(self) -> Iterator[Budget]:
        """Yield the budgets in the order of menus."""
        return iter(_ALL)

    def get(self, name: str) -> Budget:
        """Return the budget of this name. Raises UsageError."""
        self.check(name, "--for")
        return next(budget for budget in _ALL if budget.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(budget.name for budget in _ALL)

    @property
    def labels(self) -> str:
        """What each is, as a part of a sentence."""
        return "; ".join(f"'{one.name}': {one.max_gaussians:,}, {one.label}" for one in _ALL)

    def check(self, name: str, option: str) -> None:
        """Raise UsageError, which lists the names, where this is none of them."""
        if name not in self.names:
            raise UsageError(f"{option} {name}: there is no such budget", f"Known: {self.labels}.")


# No vendor promises a number; each is what holds its frame rate as reported.
_ALL = (
    # RealityKit draws fewer than a file holds where the system limits it (isRenderingLimited).
    Budget("visionos", 200_000, "what RealityKit shows whole, as its users report"),
    # Unity and WebXR viewers on a Quest 3.
    Budget("quest", 400_000, "a Quest 3 at its frame rate, as makers of viewers report"),
    # The size of small scenes of common web galleries; a SOG of 2 to 3 MB.
    Budget("web", 500_000, "a browser on a laptop"),
    # 100,000 to 200,000 are reported as comfortable, 500,000 as the end.
    Budget("phone", 200_000, "a browser or an app on a phone of middle range"),
)
BUDGETS = _Budgets()
_CHOICES: Lazy[ChoiceSource] = Lazy("schemas.budgets", "BUDGETS")


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """How many Gaussians a scene may have. Scenes with more are merged by what views see."""

    max_gaussians: Annotated[
        int | None,
        Setting(
            "Maximum number of Gaussians; more are merged by what views near the photo's see.",
            minimum=1,
            example=200_000,
        ),
    ] = None
    budget: Annotated[
        str | None,
        Setting(
            "Maximum number of Gaussians for a device, in place of a number: {choices}.",
            option="--for",
            key="for",
            choices=_CHOICES,
            example="visionos",
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)

    @property
    def limit(self) -> int | None:
        """The number; None if there is no limit. Raises UsageError for a name without one."""
        return gaussians_limit(self.max_gaussians, self.budget)


def gaussians_limit(max_gaussians: int | None, budget: str | None) -> int | None:
    """Return the smaller of a number and a named budget; None if neither is given.

    Raises UsageError for an unknown name.
    """
    check_choice(setting_field(BudgetSettings, "budget").setting, "--for", budget)
    named = BUDGETS.get(budget).max_gaussians if budget is not None else None
    given = [number for number in (max_gaussians, named) if number is not None]
    return min(given, default=None)
