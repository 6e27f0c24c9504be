"""A Ray of a process's own, by Ray's private names where they were tested, and by public means."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.paths import ROOT


@pytest.mark.parametrize("start", ["tested", "public"])
@pytest.mark.parametrize("end", ["kill", "lose"])
def test_a_local_ray_has_its_own_process_groups_and_ends_with_its_process(
    tmp_path: Path, start: str, end: str
) -> None:
    command = [sys.executable, "-m", "tests.support.local_ray_run", str(tmp_path), start, end]
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert process.stdout, process.stderr
    answer = json.loads(process.stdout)
    assert answer["made"] == 1
    assert set(answer["daemons"]) == {"raylet", "gcs_server"}
    assert answer["in_own_group"] == []
    assert ("error" in answer) is (end == "lose")
    if end == "lose":
        assert "Ray has died on this machine" in answer["error"]
    daemons = [psutil.Process(pid) for pid in answer["daemons"].values() if psutil.pid_exists(pid)]
    assert not psutil.wait_procs(daemons, timeout=60)[1]
    # The folder of a run that was killed goes when the next one starts.
    assert end == "kill" or not list(Path("/tmp").glob(f"sb-ray-{answer['pid']}-*"))
