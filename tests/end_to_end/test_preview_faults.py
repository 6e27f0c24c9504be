"""Preview runs in processes of their own that are killed, or whose Ray is."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from pipeline.library import Library
from schemas.tables import artifacts, runs
from tests.support.made_photos import make_photos
from tests.support.paths import ROOT
from tests.support.trivial_model import ingest
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.whole_library import check_whole, files

pytestmark = pytest.mark.posix

PHOTOS = 8


def start(library: Path, *ways: str) -> subprocess.Popen[str]:
    # Long and small: each scene takes a moment, in which the process can be killed.
    options = ["--kind", "still", "--kind", "clip", "--seconds", "4", "--width", "64"]
    program = "import sys; from jobs.cli import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", program, "preview", "--json", *options, *ways],
        cwd=ROOT,
        env={**os.environ, "SHARP_BATCH_LIBRARY": str(library)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_after(library: Path, count: int) -> int:
    """Kill a run once so many previews are there, and return how many there are then."""
    process = start(library, "--inline")
    while len(made(library)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return len(made(library))


def made(library: Path) -> list[Path]:
    return [path for path in library.glob("previews/*/*") if not path.name.startswith(".")]


def test_killed_midway_and_run_again_every_scene_has_each_preview_once(tmp_path: Path) -> None:
    library = tmp_path / "library"
    make_photos(tmp_path / "photos", PHOTOS)
    ingest(library, tmp_path / "photos")
    for count in (1, 6):
        assert kill_after(library, count) < 2 * PHOTOS
    kept = {path: path.stat().st_mtime_ns for path in made(library)}
    process = start(library, "--inline")
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert "Taking over" in err
    assert report["done"] + report["unchanged"] == PHOTOS
    assert report["unchanged"] >= 2  # what the killed runs had recorded
    again = [path for path, time_ns in kept.items() if path.stat().st_mtime_ns != time_ns]
    assert len(again) <= 2  # those of the scene that was under way
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(artifacts).where(artifacts.c.kind != "thumb")).all()
    assert sorted(row.path for row in rows) == sorted(files(library, "previews"))
    assert len(rows) == 2 * PHOTOS
    for row in rows:
        assert hashlib.sha256((library / row.path).read_bytes()).hexdigest() == row.sha256
    check_whole(library)


@pytest.mark.parametrize("vital", ["raylet", "gcs_server"])
def test_a_run_whose_ray_is_killed_ends_with_a_word(tmp_path: Path, vital: str) -> None:
    library = tmp_path / "library"
    make_photos(tmp_path / "photos", PHOTOS)
    ingest(library, tmp_path / "photos")
    process = start(library)
    while not made(library):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    for child in psutil.Process(process.pid).children():
        if child.name() == vital:
            child.kill()
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, err
    assert f"Ray has died on this machine: its process {vital} was killed" in err
    with Library.resolve(library).read() as connection:
        states = connection.scalars(sa.select(runs.c.state).where(runs.c.command == "preview"))
        assert list(states) == ["failed"]
