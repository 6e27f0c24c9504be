"""The program works where nothing is that only POSIX has, as far as that can be tried on Linux."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def test_everything_is_imported_and_used_without_posix(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.without_posix", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["modules"] > 500
    assert (found["done"], found["ply"]) == (2, 64)
    checks = dict(found["doctor"])
    assert checks["library"] == checks["machine"] == "ok"
