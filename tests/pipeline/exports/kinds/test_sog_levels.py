from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.scenes import level_sizes, levels
from sharp_core.formats.registry import read_scene
from sharp_core.formats.sog.levels import LEVELS_META
from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, run
from tests.support.trivial_model import ingest


def test_the_zip_holds_each_level_with_the_counts_that_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    (stored,) = (tmp_path / "library").rglob("*.sog")
    count = len(read_scene(stored).gaussians)
    monkeypatch.setattr(level_sizes, "MIDDLE_GAUSSIANS", count)  # no smaller: left out
    for module in (level_sizes, levels):
        monkeypatch.setattr(module, "COARSE_GAUSSIANS", count // 4)
    report = run(tmp_path / "library", tmp_path / "out", replace(QUICK, kinds=("sog-lod",)))
    assert (report.done, report.failed) == (1, 0)
    with zipfile.ZipFile(tmp_path / "out" / "one_lod.zip") as archive:
        meta = json.loads(archive.read(LEVELS_META))
        assert meta["filenames"] == ["0_0/meta.json", "1_0/meta.json"]
        with zipfile.ZipFile(stored) as finest:
            assert {name: finest.read(name) for name in finest.namelist()} == {
                name.removeprefix("0_0/"): archive.read(name)
                for name in archive.namelist()
                if name.startswith("0_0/")
            }
        archive.extractall(tmp_path / "unpacked")
    scenes = [read_scene(tmp_path / "unpacked" / name).gaussians for name in meta["filenames"]]
    assert [len(scene) for scene in scenes] == meta["counts"]
    assert meta["counts"][0] == count
    assert meta["counts"][1] <= count // 4
