"""A Ray of a process's own, by Ray's private names where they were tested, and by public means."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE_SECONDS


def run(folder: Path, start: str, *lost: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.local_ray_run", str(folder), start, *lost]
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert process.stdout, process.stderr
    answer: dict[str, Any] = json.loads(process.stdout)
    assert answer["made"] == 1
    assert {"raylet", "gcs_server"} <= set(answer["family"].values())
    assert answer["in_own_group"] == []
    return answer


@pytest.mark.parametrize("start", ["tested", "public"])
def test_a_local_ray_ends_with_its_process(tmp_path: Path, start: str) -> None:
    answer = run(tmp_path, start, "kill")
    family = [psutil.Process(int(pid)) for pid in answer["family"] if psutil.pid_exists(int(pid))]
    assert not psutil.wait_procs(family, timeout=PATIENCE_SECONDS)[1]


@pytest.mark.parametrize(
    ("start", "lost"),
    [
        ("tested", ["gcs_server"]),
        ("tested", ["raylet"]),
        ("tested", ["gcs_server", "raylet"]),
        ("public", ["gcs_server"]),  # whose `ray start` then kills the raylet
        ("public", ["raylet"]),
    ],
)
def test_a_run_whose_ray_has_died_says_so_and_leaves_nothing_of_it(
    tmp_path: Path, start: str, lost: list[str]
) -> None:
    answer = run(tmp_path, start, *lost)
    assert "Ray has died on this machine" in answer["error"]
    assert answer["left"] == []
    assert not list(Path("/tmp").glob(f"sb-ray-{answer['pid']}-*"))
