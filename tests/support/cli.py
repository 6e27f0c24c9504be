"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT


def run(*arguments: str | Path, text: bool = True, encoding: str = "utf-8") -> Any:
    """Run the command in a terminal of `encoding`; the output comes as text, or as bytes."""
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=text, check=False
    )
