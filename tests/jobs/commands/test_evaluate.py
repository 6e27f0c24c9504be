from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.cli import make_command_line
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.models.interface import PredictorInput
from tests.support.cli import run
from tests.support.stereo_folder import make_stereo_folder
from tests.support.stereo_scene import FOCAL_PX, HEIGHT, WIDTH, ScaledTruth, true_pair
from tests.support.trivial_model import ingest


def evaluate(*arguments: object) -> int:
    command = make_command_line()
    try:
        command(["evaluate", *map(str, arguments)], standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_splat_files_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_stereo_folder(tmp_path / "in")
    (tmp_path / "splats").mkdir()
    (scene,) = ScaledTruth().predict([PredictorInput(true_pair().left, FOCAL_PX)])
    path = tmp_path / "splats" / "spatial.ply"
    write_scene(path, scene, SceneInfo(FOCAL_PX, WIDTH, HEIGHT))
    arguments = [folder / "spatial.heic", "--splats", tmp_path / "splats", "--name", "truth"]
    evaluate(*arguments, "-o", tmp_path / "out", "--inline", "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["done"] == 1
    (method,) = report["datasets"][0]["methods"]
    assert method["method"] == "truth"
    assert method["plain"]["psnr"]["mean"] > 17
    pictures = list((tmp_path / "out" / "pictures").rglob("*.webp"))
    assert len(pictures) == 4
    evaluate(*arguments, "-o", tmp_path / "out", "--inline")
    text = capsys.readouterr().out
    assert "1 already there" in text
    assert f"{tmp_path / 'out'}/report.html" in text


def test_the_stereo_photos_of_a_library(tmp_path: Path) -> None:
    folder = make_stereo_folder(tmp_path / "in")
    ingest(tmp_path / "library", folder)
    (tmp_path / "splats").mkdir()
    result = run(
        *("evaluate", "--library", tmp_path / "library", "--path", "*.heic", "--inline", "--json"),
        *("--splats", tmp_path / "splats", "-o", tmp_path / "out"),
    )
    report = json.loads(result.stdout)
    # There is no splat file: what counts here is which photo was asked for.
    assert (result.returncode, report["failed"]) == (1, 1)
    assert "spatial.heic" in report["failures"][0]


def test_mistakes_are_told_before_anything_is_loaded(tmp_path: Path) -> None:
    for arguments, message in (
        ([tmp_path, "--path", "*.heic"], "filters are for the photos of a library"),
        ([tmp_path, "--splats", tmp_path / "none"], "is not a folder"),
        ([tmp_path, "--metric", "fid"], "there is no such metric"),
        ([tmp_path], "no stereo photo"),
        ([tmp_path / "none"], "does not exist"),
        ([tmp_path, "--dataset", "eth3d"], "is not ETH3D"),
        (["s3://bucket/photos"], "is an address"),
    ):
        result = run("evaluate", *arguments, "-o", tmp_path / "out", "--json")
        assert result.returncode == 2, result.stderr
        assert message in json.loads(result.stdout)["error"]
