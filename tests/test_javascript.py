"""The JavaScript of pages and of the viewer, tested by Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted((Path(__file__).parents[1] / "viewer" / "test").glob("*.test.mjs"))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is missing")
def test_by_node() -> None:
    assert TESTS
    command = ["node", "--test", *map(str, TESTS)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout
