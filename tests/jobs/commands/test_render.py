"""`sharp-batch render`: what it makes of one splat file, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from jobs.cli import make_command_line
from pipeline.scenes import read
from pipeline.scenes.read import renderer_here
from schemas.choices import Trajectory
from schemas.errors import MissingToolError, PhotoError, SharpBatchError, UsageError
from sharp_core.formats.registry import write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.render import api
from sharp_core.scene.gaussians import Gaussians
from tests.support.scenes import photo_scene

INFO = SceneInfo(focal_px=64.0, width=80, height=60)


@pytest.fixture
def splat(tmp_path: Path) -> Path:
    path = tmp_path / "a scene of mine.ply"
    write_scene(path, photo_scene(cells=24), INFO)
    return path


def render(splat: Path, to: Path, *, json: bool = False, **options: Any) -> None:
    arguments = ["render", str(splat), "--output", str(to), "--json" if json else "--quiet"]
    for name, value in options.items():
        arguments.append(f"--{name.replace('_', '-')}")
        arguments += [] if value is True else [str(value)]
    make_command_line()(arguments, standalone_mode=False)


@pytest.mark.parametrize("trajectory", Trajectory)
def test_each_trajectory_becomes_a_clip(
    splat: Path, trajectory: Trajectory, capsys: pytest.CaptureFixture[str]
) -> None:
    to = splat.with_name(f"{trajectory} clip.mp4")
    render(splat, to, trajectory=trajectory, steps=5, json=True)
    report = json.loads(capsys.readouterr().out)
    with av.open(str(to)) as clip:
        frames = list(clip.decode(video=0))
    assert len(frames) == report["frames"] == 5
    assert (frames[0].width, frames[0].height) == (report["width"], report["height"]) == (80, 60)


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_loops_have_as_many_frames_as_asked_for(splat: Path, suffix: str) -> None:
    render(splat, splat.with_suffix(suffix), steps=4, width=32)
    with Image.open(splat.with_suffix(suffix)) as loop:
        assert (getattr(loop, "n_frames", 1), max(loop.size)) == (4, 32)


def test_a_still_replaces_what_was_there_and_follows_the_eye(splat: Path) -> None:
    to = splat.with_name("still.png")
    to.write_text("an older picture")
    shown = []
    for position in ({}, {"eye": "0.1,0,0"}):
        render(splat, to, no_crop=True, **position)
        shown.append(np.asarray(Image.open(to)))
    assert shown[0].shape == shown[1].shape == (60, 80, 3)
    assert (shown[0] != shown[1]).any()


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("a.avi", {}, UsageError, "no image format"),
        ("nowhere/a.png", {}, UsageError, "does not exist"),
        ("a.png", {"eye": "1,2"}, UsageError, "not a position"),
        ("a.png", {"steps": 5}, UsageError, "no camera path"),
        ("a.mp4", {"eye": "0,0,0"}, UsageError, "for stills"),
        ("a.png", {"damaged": True}, PhotoError, "cut short"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    splat: Path,
    name: str,
    options: dict[str, object],
    error: type[SharpBatchError],
    message: str,
) -> None:
    if options.pop("damaged", False):
        splat.write_bytes(splat.read_bytes()[:-900])
    with pytest.raises(error, match=message):
        render(splat, splat.parent / name, **options)  # type: ignore[arg-type]
    assert list(splat.parent.iterdir()) == [splat]


def test_a_clip_without_its_encoder_is_refused_before_the_scene_is_read(
    splat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    splat.write_bytes(b"damaged")
    with pytest.raises(UsageError, match="pip install av"):
        render(splat, splat.parent / "a.mp4")
    assert list(splat.parent.iterdir()) == [splat]


@pytest.mark.parametrize("works", [True, False])
def test_a_gpu_is_taken_where_it_works_and_else_the_cpu_with_a_word(
    works: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engines = []

    def make(_scene: Gaussians, engine: str, **_options: object) -> None:
        engines.append(engine)
        if engine == "gpu" and not works:
            raise MissingToolError("no compiler")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(api, "_installed", lambda _: True)
    monkeypatch.setattr(read, "make_renderer", make)
    scene = photo_scene(cells=8)
    renderer_here(scene)
    assert engines == (["gpu"] if works else ["gpu", "auto"])
    assert works or "on the CPU: no compiler" in caplog.text
    engines.clear()
    renderer_here(scene, "cpu")
    assert engines == ["cpu"]
