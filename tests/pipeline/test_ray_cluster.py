from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cluster_run import MOST_PHOTOS

ROOT = Path(__file__).parents[2]


def test_photos_of_a_node_that_dies_go_elsewhere_and_one_that_joins_is_used(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.cluster_run", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    answer = json.loads(process.stdout)
    assert not answer["awaited"]  # two predictors, one, and two again
    assert set(answer["ends"].values()) == {"done"}  # and none was blamed
    assert len(answer["ends"]) < MOST_PHOTOS
