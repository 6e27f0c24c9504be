"""Who is told of runs and scenes, and where a run writes its metrics."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from schemas.errors import UsageError
from schemas.setting_fields import Setting, check_limits

WEB_ADDRESS = ("https://", "http://")
_WHAT = "a command, or a web address that gets a POST"


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What is called when something happens. It gets one JSON document, on stdin or as the body."""

    run_hook: Annotated[
        str | None,
        Setting(
            f"Call this when a run begins and ends: {_WHAT}.",
            key="run",
            metavar="COMMAND|URL",
            example="https://example.org/hook",
        ),
    ] = None
    scene_hook: Annotated[
        str | None,
        Setting(
            f"Call this for each scene that is done and each photo that failed: {_WHAT}.",
            key="scene",
            metavar="COMMAND|URL",
            example="logger -t sharp-batch",
        ),
    ] = None
    hook_timeout: Annotated[
        float,
        Setting(
            "Time limit of each call of a hook.",
            key="timeout",
            metavar="SECONDS",
            minimum=0.1,
            maximum=600,
        ),
    ] = 10.0

    def __post_init__(self) -> None:
        check_limits(self)
        for option, text in (("--run-hook", self.run_hook), ("--scene-hook", self.scene_hook)):
            if text is None:
                continue
            if text.startswith(WEB_ADDRESS):
                _check_address(option, text)
            else:
                _check_command(option, text)


def _check_address(option: str, text: str) -> None:
    """Raise UsageError, which does not show the address: it may hold a secret."""
    try:
        parts = urlsplit(text)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            f"{option} is not a web address",
            "Give it as in https://example.org/hook, with other characters percent-encoded.",
        )
    if parts.username is not None:
        raise UsageError(
            f"{option}: an address with a name or a password is not supported",
            "Put a token into the path, or call a command that signs in.",
        )


def _check_command(option: str, text: str) -> None:
    hint = "Give a program with its arguments, or an address that begins with https://."
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is not a command: {error}", hint) from error
    if not parts or "://" in parts[0]:
        raise UsageError(f"{option} {text!r} is not a command or a web address", hint)


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where a run writes its metrics."""

    metrics_file: Annotated[
        Path | None,
        Setting(
            "File of metrics in OpenMetrics format, which the run keeps up to date.",
            key="file",
            example="/var/lib/node_exporter/sharp-batch.prom",
        ),
    ] = None
