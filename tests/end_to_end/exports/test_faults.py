"""Exports that are refused, that are killed, and that meet damaged scenes and full disks."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.library import Library
from schemas.errors import LibraryBusyError, UsageError
from tests.support.made_photos import make_photos
from tests.support.small_disk import small_disk
from tests.support.small_exports import (
    QUICK,
    check_whole,
    exported,
    run,
    start,
)
from tests.support.trivial_model import ingest
from tests.support.waiting import PATIENCE_SECONDS


def test_a_damaged_scene_fails_alone(library: Path, to: Path) -> None:
    next((library / "scenes").rglob("*.sog")).write_bytes(b"no splat")
    report = run(library, to)
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    check_whole(library, to)


@pytest.mark.parametrize("kind", ["sog", "sbs"])
def test_a_scene_whose_file_is_gone_fails_alone(library: Path, to: Path, kind: str) -> None:
    next((library / "scenes").rglob("*.sog")).unlink()
    report = run(library, to, replace(QUICK, kinds=(kind,)))
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    check_whole(library, to)


def test_what_makes_no_sense_is_refused_before_anything_is_done(library: Path, to: Path) -> None:
    for wrong in (
        {"kinds": ("hologram",)},
        {"name": "{nothing}"},
        {"baseline_mm": -1.0},
        {"converge_m": 0.0},
        {"max_disparity": 9.0},
    ):
        with pytest.raises(UsageError):
            run(library, to, replace(QUICK, **wrong))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="in the library"):
        run(library, library / "exports")
    for settings in ({"kinds": ()}, {"views": 9}, {"long_side": 1}, {"seconds": 0.0}):
        with pytest.raises(UsageError):
            replace(QUICK, **settings)  # type: ignore[arg-type]
    assert not to.exists()


def test_two_at_once_are_refused(library: Path, to: Path) -> None:
    with Library.resolve(library).hold("ingest"), pytest.raises(LibraryBusyError):
        run(library, to)


@pytest.mark.posix
def test_killed_twice_and_run_again_every_file_is_whole_and_none_is_double(
    tmp_path: Path, to: Path
) -> None:
    make_photos(tmp_path / "photos", 8)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos")
    kinds = ("--kind", "sbs", "--kind", "ply", "--kind", "depth")
    for count in (3, 11):
        process = start(library, to, *kinds)
        while len(list(to.glob("photo*"))) < count:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(library, to, *kinds)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    assert 0 < json.loads(out)["done"] < 8
    assert len(exported(to)) == 24
    check_whole(library, to)


@pytest.mark.posix
def test_a_folder_that_cannot_be_written_to_is_refused_at_once(
    library: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "64k", read_only=True) as disk:
        for to in (disk, disk / "to"):
            with pytest.raises(UsageError, match="cannot be written to"):
                run(library, to)


@pytest.mark.posix
def test_a_full_disk_ends_the_run_and_the_next_goes_on(library: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(60_000))
        settings = replace(QUICK, kinds=("ply",))
        report = run(library, disk / "to", settings)
        assert report.reasons == {"disk_full": 1}
        assert report.left > 0
        assert not report.has_manifest
        ballast.unlink()
        assert run(library, disk / "to", settings).failed == 0
        check_whole(library, disk / "to")
