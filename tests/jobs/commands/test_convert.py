"""`sharp-batch convert` of one file: the version of the output format."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli import make_command_line
from schemas.errors import UsageError
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from tests.support.scenes import photo_scene


@pytest.fixture
def splat(tmp_path: Path) -> Path:
    path = tmp_path / "scene.ply"
    write_scene(path, photo_scene(cells=24), SceneInfo(64.0, 80, 60))
    return path


def convert(splat: Path, to: Path, *options: str) -> bytes:
    make_command_line(("convert",))(
        ["convert", str(splat), str(to), *options], standalone_mode=False
    )
    return to.read_bytes()


def test_a_format_with_versions_is_written_in_the_version_asked_for(
    splat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = splat.with_suffix(".spz")
    default = convert(splat, to)
    newest = convert(splat, to, "--format-version", "4")
    assert convert(splat, to, "--format-version", "3") == default != newest
    assert "now called" not in capsys.readouterr().err
    assert convert(splat, to, "--spz-version", "4") == newest
    assert "--spz-version is now called --format-version." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"), [("a.spz", "no version 9"), ("a.sog", "no version 9")]
)
def test_a_version_that_a_format_does_not_have_is_refused(
    splat: Path, name: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        convert(splat, splat.with_name(name), "--format-version", "9")
