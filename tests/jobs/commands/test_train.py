"""What `train` refuses before it loads or writes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli import make_command_line
from schemas.errors import UsageError, WeightsMissingError


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--photos", "photos"], "--photos are for stage 2"),
        (["--rating", "4"], "filters select photos for stage 2"),
        (["--stage", "2"], "starts from a trained model"),
        (["--stage", "2", "--start", "sharp", "--weights", "w.pt", "--pairs", "."], "stage 1"),
        (["--dtype", "bf16"], "unstable"),
        (["--device", "mps"], "no differentiable renderer"),
        (["--pairs", "."], "known layout"),
    ],
)
def test_options_that_make_no_sense_together_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=problem):
        make_command_line()(["train", *arguments], standalone_mode=False)
    assert not list((tmp_path / "training").glob("*.pt"))


def test_a_missing_extractor_is_named_with_its_address(tmp_path: Path) -> None:
    arguments = ["train", "--resnet", str(tmp_path / "none.pth"), "--out", str(tmp_path / "run")]
    with pytest.raises(WeightsMissingError, match=r"none\.pth") as error:
        make_command_line()(arguments, standalone_mode=False)
    assert "download.pytorch.org" in error.value.hint


STAGE_2 = ["train", "--stage", "2", "--start", "sharp", "--weights", "w.pt", "--config", "t.toml"]


@pytest.mark.parametrize(
    ("arguments", "environment", "used"),
    [
        ([], "elsewhere", "configured"),
        (["--library", "named"], "elsewhere", "named"),
    ],
)
def test_a_library_on_the_command_line_overrides_the_file_and_the_file_the_environment(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: str,
    used: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHARP_BATCH_LIBRARY", environment)
    Path("t.toml").write_text('[data]\nlibrary = "configured"\n')
    with pytest.raises(UsageError, match=used):
        make_command_line()([*STAGE_2, *arguments], standalone_mode=False)


def test_a_library_on_the_command_line_takes_the_place_of_photos_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.toml").write_text('[data]\nphotos = ["folder"]\n')
    with pytest.raises(UsageError, match="named"):
        make_command_line()([*STAGE_2, "--library", "named"], standalone_mode=False)
    with pytest.raises(UsageError, match="folder"):
        make_command_line()(STAGE_2, standalone_mode=False)
