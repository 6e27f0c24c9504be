"""The check of a splat file's structure, which needs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import FormatError
from sharp_core.formats.registry import FORMATS, check_scene, format_of, write_scene
from sharp_core.formats.scene import SceneInfo
from tests.support.clouds import cloud
from tests.support.paths import ROOT

INFO = SceneInfo(1000.0, 640, 480, "a" * 32, "test")
CHECKED = [entry.name for entry in FORMATS if entry.is_storable]


def written(folder: Path, name: str) -> Path:
    path = folder / f"scene.{name}"
    write_scene(path, cloud(), INFO)
    return path


@pytest.mark.parametrize("name", FORMATS.names)
def test_what_is_written_passes(tmp_path: Path, name: str) -> None:
    check_scene(written(tmp_path, name))


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.95])
def test_a_file_that_is_cut_short_does_not(tmp_path: Path, name: str, kept: float) -> None:
    path = written(tmp_path, name)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(FormatError, match=f"scene.{name}"):
        check_scene(path)


@pytest.mark.parametrize("name", CHECKED)
def test_another_format_under_its_name_does_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"scene.{name}"
    path.write_bytes(b"these are notes\n" * 100)
    with pytest.raises(FormatError):
        check_scene(path)


def test_a_file_that_is_missing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_scene(tmp_path / "scene.sog")


@pytest.mark.parametrize("name", CHECKED)
def test_it_needs_no_torch(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    program = (
        "import sys; from pathlib import Path; from sharp_core.formats.registry import check_scene;"
        f"check_scene(Path({str(path)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", CHECKED)
def test_every_format_of_a_library_has_one(name: str) -> None:
    assert format_of(f"scene.{name}").check is not None
