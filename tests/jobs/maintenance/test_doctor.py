"""doctor says how many scenes a disk has room for, and when it has too little."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.maintenance.doctor import Finding, Level, examine
from schemas.settings import SplatSettings
from sharp_core.formats.registry import FORMATS
from sharp_core.models.entry import USUAL_GAUSSIANS

LEAST_FREE = 10 * 66_000_000  # ten scenes as PLY


def disk_with(free: int, library: Path, monkeypatch: pytest.MonkeyPatch) -> Finding:
    usage = SimpleNamespace(total=2 * free, used=free, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return next(one for one in examine(library) if one.name == "disk")


def test_the_scenes_are_those_of_the_format_that_is_usual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = USUAL_GAUSSIANS * FORMATS.get(SplatSettings().format).bytes_per_gaussian
    found = disk_with(round(100_000 * scene), tmp_path, monkeypatch)
    assert found.found.endswith("room for about 100,000 scenes")
    assert found.level is Level.OK


@pytest.mark.parametrize(
    ("free", "level"), [(LEAST_FREE, Level.PROBLEM), (LEAST_FREE + 1, Level.OK)]
)
def test_less_than_ten_large_scenes_are_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    found = disk_with(free, tmp_path, monkeypatch)
    assert (found.level, bool(found.advice)) == (level, level is Level.PROBLEM)
