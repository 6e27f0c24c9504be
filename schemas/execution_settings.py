"""Where a run works, when it ends by itself, and how long one photo or scene may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from schemas.errors import UsageError
from schemas.setting_fields import Setting, check_limits

SCENE_LIMIT_S = 900.0  # for a stored scene to become something else, such as its previews


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


@dataclass(frozen=True, slots=True)
class StageLimits:
    """How long each stage may take for one photo, in seconds."""

    decode_s: float = 180.0
    predict_s: float = 1800.0  # a CPU takes minutes, a slow one many
    encode_s: float = 900.0  # previews included

    def __post_init__(self) -> None:
        if min(self.decode_s, self.predict_s, self.encode_s) < 1:
            raise UsageError("--timeout must be at least 1 second")
