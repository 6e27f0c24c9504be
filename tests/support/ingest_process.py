"""An ingest in a process of its own, to be killed, interrupted and resumed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.store.root import LibraryRoot
from tests.support.paths import ROOT


def start(
    library: LibraryRoot, photos: Path, *options: str, prefix: Sequence[str] = ()
) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "tests.support.trivial_model"]
    command = [*prefix, *program, str(library), str(photos), *options]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, object], str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out), err


def wait_for_scenes(library: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"ended early: {process.communicate()}")
        if (library / "scenes").exists() and len(
            list((library / "scenes").rglob("*.sog"))
        ) >= count:
            return
        time.sleep(0.02)
    raise AssertionError("no scenes came")
