"""Programs of the tests' own, for what one process can do only once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE_SECONDS


def answer_of(module: str, folder: Path) -> Any:
    """Return what `python -m MODULE FOLDER` prints as JSON."""
    process = subprocess.run(
        [sys.executable, "-m", module, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)
