"""Where a run works, when it ends by itself, and how long one photo or scene may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from schemas.setting_fields import Setting, check_limits

SCENE_LIMIT_S = 900.0  # for a stored scene to become something else, such as its previews
DECODE_LIMIT_S = 180.0
PREDICT_LIMIT_S = 1800.0  # a CPU takes minutes, a slow one many
ENCODE_LIMIT_S = 900.0  # previews included


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """Where the work is done: on Ray, of this machine or of a cluster, or in this process."""

    address: Annotated[
        str | None,
        Setting(
            "Address of a running Ray cluster, or 'auto'; default: a local Ray.", example="auto"
        ),
    ] = None
    inline: Annotated[bool, Setting("Run in this process, without Ray.")] = False


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    """When a run ends by itself."""

    until: Annotated[
        str | None,
        Setting(
            "Start no new photos after this time; the next run resumes.",
            metavar="HH:MM",
            example="06:30",
        ),
    ] = None
    max_hours: Annotated[
        float | None,
        Setting(
            "Start no new photos after this many hours; the next run resumes.",
            maximum=24 * 365,
            example=5,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True)
class SceneLimit:
    """How long one stored scene may take."""

    timeout: Annotated[
        float,
        Setting("Time limit for one scene.", metavar="SECONDS", minimum=1),
    ] = SCENE_LIMIT_S

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True)
class StageLimits:
    """How long each stage may take for one photo, in seconds."""

    timeout: Annotated[
        float | None,
        Setting(
            "Time limit of each stage for one photo; default: "
            f"{DECODE_LIMIT_S:g} to decode, {PREDICT_LIMIT_S:g} to predict, "
            f"{ENCODE_LIMIT_S:g} to encode.",
            metavar="SECONDS",
            minimum=1,
        ),
    ] = None  # in place of all others
    decode_s: float = DECODE_LIMIT_S
    predict_s: float = PREDICT_LIMIT_S
    encode_s: float = ENCODE_LIMIT_S

    def __post_init__(self) -> None:
        check_limits(self)
        if self.timeout is not None:
            for stage in ("decode_s", "predict_s", "encode_s"):
                object.__setattr__(self, stage, self.timeout)
