"""Units by which a scheduler runs `nightly`: systemd, cron, launchd or Windows' own."""

from __future__ import annotations

import plistlib
import shlex
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.store.layout import RUNS

if TYPE_CHECKING:
    from jobs.nightly.config import NightlyConfig

_NAME = "sharp-batch-nightly"


class UnitKind(StrEnum):
    """The scheduler."""

    SYSTEMD = "systemd"
    CRON = "cron"
    LAUNCHD = "launchd"
    WINDOWS = "windows"


def unit_text(kind: UnitKind, config_file: Path, config: NightlyConfig) -> str:
    """Return the unit, with how to install it as a comment where it can hold one."""
    command = [*_program(), "nightly", "--config", str(config_file.absolute())]
    hour, minute = config.window.start.split(":")
    log = _log_file(config_file, config)
    match kind:
        case UnitKind.SYSTEMD:
            return _systemd(command, hour, minute)
        case UnitKind.CRON:
            return _cron(command, hour, minute, log)
        case UnitKind.LAUNCHD:
            return _launchd(command, hour, minute, log)
        case UnitKind.WINDOWS:
            return _windows(command, hour, minute)


def _log_file(config_file: Path, config: NightlyConfig) -> Path:
    """Return where what a night says is written: into the library, if that is on a disk."""
    if isinstance(config.library, Path):
        return config.library.absolute() / RUNS / "nightly.log"
    return config_file.absolute().with_name("nightly.log")


def _program() -> list[str]:
    """Return how this very program is started, by whole paths."""
    script = (
        Path(sys.executable)
        .with_name("sharp-batch")
        .with_suffix(".exe" if sys.platform == "win32" else "")
    )
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-c", "from jobs.cli import main; main()"]


def _systemd(command: list[str], hour: str, minute: str) -> str:
    # Quotes as systemd reads them; % and $ would be its own.
    words = [word.replace("\\", "\\\\").replace('"', '\\"') for word in command]
    words = [f'"{word}"'.replace("%", "%%").replace("$", "$$") for word in words]
    return f"""\
# Two files for ~/.config/systemd/user, then: systemctl --user enable --now {_NAME}.timer
# (loginctl enable-linger lets it run while nobody is logged in)

# --- {_NAME}.service
[Unit]
Description=sharp-batch: scenes of new photos

[Service]
Type=oneshot
ExecStart={" ".join(words)}
# Some photos failed: no fault of the unit. The report names them.
SuccessExitStatus=1
Nice=10
IOSchedulingClass=idle
# A stopped night finishes the photos under way.
KillMode=mixed
TimeoutStopSec=10min

# --- {_NAME}.timer
[Unit]
Description=sharp-batch every night

[Timer]
OnCalendar=*-*-* {hour}:{minute}:00
Persistent=true

[Install]
WantedBy=timers.target
"""


def _cron(command: list[str], hour: str, minute: str, log_file: Path) -> str:
    # cron takes % for a line break.
    words = shlex.join(command).replace("%", "\\%")
    log = shlex.quote(str(log_file)).replace("%", "\\%")
    return (
        "# For crontab -e; the times are those of this machine.\n"
        f"{int(minute)} {int(hour)} * * * {words} >> {log} 2>&1\n"
    )


def _launchd(command: list[str], hour: str, minute: str, log_file: Path) -> str:
    name = f"local.{_NAME}"
    unit = {
        "Label": name,
        "ProgramArguments": command,
        "StartCalendarInterval": {"Hour": int(hour), "Minute": int(minute)},
        "StandardOutPath": str(log_file),
        "StandardErrorPath": str(log_file),
        "ProcessType": "Background",
        "ExitTimeOut": 600,
    }
    head, body = plistlib.dumps(unit, sort_keys=False).decode().split("\n", 1)
    return (
        f"{head}\n<!-- For ~/Library/LaunchAgents/{name}.plist, then: launchctl load that file. "
        f"-->\n{body}"
    )


def _windows(command: list[str], hour: str, minute: str) -> str:
    words = ["schtasks", "/Create", "/TN", _NAME, "/SC", "DAILY", "/ST", f"{hour}:{minute}"]
    words += ["/TR", subprocess.list2cmdline(command)]
    return (
        "rem For the command prompt. The task runs while you are logged on.\n"
        f"{subprocess.list2cmdline(words)}\n"
    )
