"""Workers that decode or encode start quickly and stay small: they do not import torch."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_workers_import_stages_only_when_they_arrive() -> None:
    program = "import sys, pipeline.cluster.workers; sys.exit('pipeline.decode' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "module",
    [
        "cluster.workers",
        "flow.decode_stage",
        "flow.encode_stage",
        "flow.pack_scene",
        "work.failures",
    ],
)
def test_torch_is_not_imported(module: str) -> None:
    program = f"import sys, pipeline.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
