"""Programs of others that a test writes its files with, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS


def run_tool(name: str, *arguments: str | Path) -> str:
    """Run a program and return what it prints; skip the test where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    process = run_program(name, *arguments)
    assert process.returncode == 0, process.stderr
    return process.stdout


def run_program(
    name: str, *arguments: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [name, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        cwd=cwd,
    )
