"""`sharp-batch convert` of one file: the version of the output format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from jobs.cli import make_command_line
from schemas.errors import PhotoError, UsageError
from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.formats.scene import SceneInfo
from tests.support.scenes import photo_scene


@pytest.fixture
def splat(tmp_path: Path) -> Path:
    path = tmp_path / "scene.ply"
    write_scene(path, photo_scene(cells=24), SceneInfo(64.0, 80, 60))
    return path


def convert(splat: Path, to: Path, *options: str) -> bytes:
    make_command_line()(["convert", str(splat), str(to), *options], standalone_mode=False)
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


def test_a_ply_is_plain_unless_the_published_elements_are_asked_for(splat: Path) -> None:
    to = splat.with_name("other.ply")
    assert b"element intrinsic" not in convert(splat, to)
    assert b"element intrinsic" in convert(splat, to, "--ply-metadata")
    with pytest.raises(UsageError, match="for PLY files"):
        convert(splat, splat.with_suffix(".sog"), "--ply-metadata")


def test_what_is_left_out_is_told_and_refused_on_request(
    splat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = splat.read_bytes()
    start = content.index(b"end_header\n") + len(b"end_header\n")
    splat.write_bytes(content[:start] + b"\xff\xff\xff\x7f" + content[start + 4 :])
    to = splat.with_suffix(".sog")
    convert(splat, to)
    assert (
        "1 of 1,152 Gaussians is not finite or without a rotation: left out"
        in capsys.readouterr().err
    )
    to.unlink()
    with pytest.raises(PhotoError, match="1 of"):
        convert(splat, to, "--strict")
    assert not to.exists()


def test_axes_that_a_file_does_not_state_can_be_given(splat: Path) -> None:
    to = splat.with_name("turned.ply")
    convert(splat, to, "--axes", "RUB")
    before, after = read_scene(splat).gaussians.means, read_scene(to).gaussians.means
    torch.testing.assert_close(after, before * torch.tensor([1.0, -1.0, -1.0]))


@pytest.mark.parametrize("name", ["scene.lcc", "scene.splatv", "scene.rad"])
def test_a_splat_of_an_unknown_format_is_named(splat: Path, name: str) -> None:
    other = splat.rename(splat.with_name(name))
    with pytest.raises(UsageError, match="cannot be read"):
        convert(other, splat.with_name("out.ply"))


def test_a_file_is_brought_within_a_budget(splat: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = splat.with_suffix(".sog")
    convert(splat, to, "--max-gaussians", "300")
    assert len(read_scene(to).gaussians) == 300
    text, progress = capsys.readouterr()
    assert "merging 1,152 Gaussians" in progress
    assert "1,152 Gaussians merged to 300; PSNR against the whole scene: " in text
    assert "dB at the photo's eye" in text
    again = to.read_bytes()
    assert convert(splat, to, "--max-gaussians", "300") == again
    convert(splat, to, "--for", "visionos")
    assert len(read_scene(to).gaussians) == 1152
    assert "1,152 Gaussians: none had to be merged" in capsys.readouterr().err


def test_a_budget_without_sense_is_refused(splat: Path) -> None:
    to = splat.with_suffix(".sog")
    with pytest.raises(UsageError, match="there is no such budget"):
        convert(splat, to, "--for", "watch")
    with pytest.raises(UsageError, match="--max-gaussians must be at least 1"):
        convert(splat, to, "--max-gaussians", "0")
    with pytest.raises(UsageError, match="do not go together"):
        convert(splat, to, "--max-gaussians", "300", "--prune")
    assert not to.exists()


@pytest.mark.parametrize("option", [["--prune"], ["--max-gaussians", "10"]])
def test_a_scene_behind_the_camera_is_named_with_what_to_do(
    tmp_path: Path, option: list[str]
) -> None:
    scene = photo_scene(cells=6)
    path = tmp_path / "behind.ply"
    write_scene(path, replace(scene, means=-scene.means))
    with pytest.raises(PhotoError, match=r"behind\.ply: the scene cannot be shown.*--axes"):
        convert(path, tmp_path / "to.sog", *option)
