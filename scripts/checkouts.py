"""Run this repository or another checkout of it, for comparisons.

Each runs in a process of its own, so nothing of the two mixes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Variant(NamedTuple):
    """A model of a checkout."""

    model: str
    checkout: Path = ROOT


class Cost(NamedTuple):
    """What a process used, from its start to its end."""

    wall_s: float
    cpu_s: float  # user and system
    peak_mb: float  # largest resident memory


def run_command(checkout: Path, *arguments: str) -> Cost:
    """Run `sharp-batch` of a checkout. Raises CalledProcessError, with what it wrote to stderr."""
    return run_python(checkout, "from jobs.cli import main; main()", *arguments)


def run_python(checkout: Path, code: str, *arguments: str) -> Cost:
    """Run code with a checkout. Raises CalledProcessError, with what it wrote to stderr."""
    command = [sys.executable, "-c", code, *arguments]
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=checkout, env=_environment(checkout), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        messages = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=messages)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def output_of(checkout: Path, code: str, *arguments: str) -> str:
    """Run code with a checkout and return what it prints. Raises CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=checkout, env=_environment(checkout), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def predict(variant: Variant, photo: Path, splat: Path) -> Cost:
    """Predict one photo and write `splat`. Raises as `run_command` does."""
    return run_command(
        variant.checkout,
        *("predict", str(photo.absolute()), "-o", str(splat.absolute())),
        *("--model", variant.model),
    )


def _environment(checkout: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(checkout)}
