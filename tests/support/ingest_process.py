"""An ingest in a process of its own, to be killed, interrupted and resumed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.store.root import LibraryRoot
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until


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
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, json.loads(out), err


def wait_for_scenes(library: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Return as soon as a run has written so many scenes; it goes on."""

    def are_there() -> bool:
        assert process.poll() is None, f"ended early: {process.communicate()}"
        return len(list((library / "scenes").rglob("*.sog"))) >= count

    wait_until(are_there, lambda: "no scenes came", pause=0.02)
