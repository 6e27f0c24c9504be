"""Where a run works, and when it ends by itself: what all runs have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from schemas.setting import Setting, check_limits
from schemas.settings import SCENE_LIMIT_S


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """Where the work is done: on Ray, of this machine or of a cluster, or in this process."""

    address: Annotated[
        str | None, Setting("Address of a running Ray cluster, or 'auto'.", example="auto")
    ] = None
    inline: Annotated[bool, Setting("Work in this process, without Ray.")] = False


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    """When a run ends by itself."""

    until: Annotated[
        str | None,
        Setting(
            "Begin nothing after this time; the next run goes on.",
            metavar="HH:MM",
            example="06:30",
        ),
    ] = None
    max_hours: Annotated[
        float | None, Setting("Begin nothing after so many hours; the next run goes on.", example=5)
    ] = None


@dataclass(frozen=True, slots=True)
class SceneLimit:
    """How long one stored scene may take."""

    timeout: Annotated[
        float,
        Setting("The longest that one scene may take.", metavar="SECONDS", minimum=1),
    ] = SCENE_LIMIT_S

    def __post_init__(self) -> None:
        check_limits(self)
