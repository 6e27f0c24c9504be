from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cluster_run import PHOTOS

ROOT = Path(__file__).parents[2]


def test_the_photos_of_a_node_that_dies_go_elsewhere_and_none_is_blamed(tmp_path: Path) -> None:
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
    assert answer["predictors"] == 2  # one a GPU, and none on the node without
    assert answer["ends"] == {f"good{index}": ["done"] for index in range(PHOTOS)}
