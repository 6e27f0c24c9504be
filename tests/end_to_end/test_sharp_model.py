"""The published network, small and with stand-in weights, through the same flow as every model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from sharp_core.formats.registry import read_scene
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.stand_in import weights
from tests.support.trivial_model import ingest
from tests.support.whole_library import check_whole

TINY_GAUSSIANS = 2 * 256 * 256


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save(weights("tiny", "dev"), path)
    return path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_sharp_makes_better_scenes_in_a_library_that_small_made(
    tmp_path: Path, checkpoint: Path
) -> None:
    make_photos(tmp_path / "photos", 2)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos")
    arguments = ("ingest", tmp_path / "photos", "--library", library, "--inline", "--json")
    model = ("--model", "sharp", "--preset", "tiny", "--checkpoint", checkpoint)
    first = run(*arguments, *model)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["done"] == 2
    again = run(*arguments, *model)
    assert json.loads(again.stdout)["due"] == 0
    with Library.resolve(library).read() as connection:
        records = list(find(connection, Filters()))
    assert {(record.model, record.gaussians) for record in records} == {("sharp", TINY_GAUSSIANS)}
    check_whole(library)


def test_predict_writes_a_metric_scene(tmp_path: Path, checkpoint: Path) -> None:
    (photo,) = make_photos(tmp_path, 1)
    to = tmp_path / "scene.ply"
    model = ("--preset", "tiny", "--checkpoint", checkpoint)
    result = run("predict", photo, "-o", to, *model, "--focal-mm", "28", "--json")
    assert result.returncode == 0, result.stderr
    scene = read_scene(to)
    assert len(scene.gaussians) == TINY_GAUSSIANS
    assert scene.info is not None
    assert scene.info.focal_px == pytest.approx(json.loads(result.stdout)["focal_px"])


def test_weights_of_another_network_are_exit_4(tmp_path: Path, checkpoint: Path) -> None:
    (photo,) = make_photos(tmp_path, 1)
    result = run("predict", photo, "-o", tmp_path / "scene.ply", "--checkpoint", checkpoint)
    assert result.returncode == 4
    assert "Traceback" not in result.stderr


def test_model_info_names_the_weights(checkpoint: Path) -> None:
    result = run("model", "info", "--checkpoint", checkpoint, "--json")
    found = json.loads(result.stdout)
    assert found["fingerprint"].endswith(found["sha256"][:12])
    assert found["bytes"] == checkpoint.stat().st_size
