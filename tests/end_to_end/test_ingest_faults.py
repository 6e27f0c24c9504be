"""Runs in processes of their own that are killed, interrupted, doubled and starved of disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from pipeline.library import Library
from schemas.settings import IngestSettings
from schemas.tables import failures
from tests.support.ingest_process import finish, start, wait_for_scenes
from tests.support.made_photos import make_photo, make_photos
from tests.support.small_disk import small_disk
from tests.support.trivial_model import STUCK, ingest
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.whole_library import check_whole, contents, files

pytestmark = pytest.mark.posix

PHOTOS = 12


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", PHOTOS)
    return tmp_path / "photos"


def test_a_run_whose_ray_is_killed_ends_with_a_word_and_blames_no_photo(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    process = start(library, photos, "--seconds", "0.3")
    wait_for_scenes(library, 1, process)
    for child in psutil.Process(process.pid).children():
        if child.name() == "raylet":
            child.kill()
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, err
    assert "Ray has died on this machine: its process raylet was killed" in err
    with Library.resolve(library).read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(failures)) == 0
    code, report, _ = finish(start(library, photos, "--inline"))
    assert code == 0
    assert report["failed"] == 0
    check_whole(library)


def test_killed_at_random_moments_and_resumed_the_library_is_the_same(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    moments = random.Random(1)
    for _ in range(10):
        # Slow enough that ten runs cannot finish it: each is killed on its way.
        process = start(library, photos, "--inline", "--seconds", "1")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=moments.uniform(0.2, 3.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    code, report, _ = finish(start(library, photos, "--inline"))
    assert code == 0
    assert report["left"] == 0
    check_whole(library)
    ingest(tmp_path / "undisturbed", photos)
    assert contents(library) == contents(tmp_path / "undisturbed")


def test_a_killed_run_on_ray_is_taken_over_and_repeats_nothing(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    process = start(library, photos, "--seconds", "0.3")
    wait_for_scenes(library, 3, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    kept = contents(library)
    code, report, err = finish(start(library, photos))
    assert code == 0
    assert f"process {process.pid}" in err
    assert report["done"] == PHOTOS - len(kept)
    check_whole(library)


def test_a_photo_that_kills_the_process_comes_last_and_is_given_up_after_three_times(
    tmp_path: Path,
) -> None:
    library, photos = tmp_path / "library", tmp_path / "photos"
    make_photo(photos / "a deadly one.jpg", 99, (333, 300))
    make_photos(photos, 3)
    dies = ("--inline", "--deadly-width", "333")
    made = []
    for _ in range(3):
        process = start(library, photos, *dies)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 1
        made.append(len(files(library, "scenes")))
    assert made == [0, 3, 3]
    code, report, _ = finish(start(library, photos, *dies))
    assert (code, report["failed"], report["reasons"]) == (1, 1, {"worker_lost": 1})
    assert ingest(library, photos).due == 0
    again = ingest(library, photos, settings=IngestSettings(retry_failed=True))
    assert (again.done, again.failed) == (1, 0)


def test_a_run_whose_time_is_up_begins_nothing_more(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    deadline = datetime.now().astimezone() + timedelta(seconds=1)
    report = ingest(library, photos, seconds=0.4, deadline=deadline)
    assert report.is_out_of_time
    assert not report.is_interrupted
    assert 0 < report.done < PHOTOS
    assert report.left == PHOTOS - report.done
    check_whole(library)
    assert ingest(library, photos).done == report.left


@pytest.mark.parametrize("options", [("--inline",), ()], ids=["inline", "ray"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_a_run_well(
    photos: Path, tmp_path: Path, options: tuple[str, ...], number: signal.Signals
) -> None:
    library = tmp_path / "library"
    process = start(library, photos, "--seconds", "0.3", *options)
    wait_for_scenes(library, 2, process)
    os.killpg(process.pid, number)  # as a terminal or `timeout` does: the whole group
    code, report, err = finish(process)
    assert code == 130, err
    assert report["is_interrupted"]
    assert report["done"] == len(contents(library))
    assert 2 <= report["done"] < PHOTOS
    check_whole(library)
    assert ingest(library, photos).done == PHOTOS - report["done"]


def test_a_second_signal_ends_a_run_now_and_keeps_what_is_done(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    process = start(library, photos, "--stuck-after", "1", "--inline")
    assert process.stderr is not None
    assert any(STUCK in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)  # two signals that wait together are one
    process.send_signal(signal.SIGINT)
    code, report, err = finish(process)
    assert code == 130, err
    assert report["done"] == len(contents(library)) == 1
    check_whole(library)


def test_the_second_of_two_runs_is_told_who_holds_the_library(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    first = start(library, photos, "--inline", "--seconds", "10")
    try:
        wait_for_file(library / "lock", first)
        code, answer, _ = finish(start(library, photos, "--inline"))
    finally:
        first.kill()
        first.communicate()
    assert code == 3
    assert f"process {first.pid}" in str(answer["error"])


def wait_for_file(path: Path, process: subprocess.Popen[str]) -> None:
    while not (path.exists() and path.stat().st_size):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.fixture
def four_megabytes(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "4m") as disk:
        yield disk


def test_a_full_disk_ends_the_run_with_a_word_and_the_next_goes_on(
    photos: Path, four_megabytes: Path
) -> None:
    library = four_megabytes / "library"
    ballast = four_megabytes / "ballast"
    ballast.write_bytes(bytes(4 * 1024 * 1024 - 340_000))
    # It may be a photo or the catalog itself that meets the end of the disk.
    code, answer, err = finish(start(library, photos, "--inline"))
    assert code == 1, err
    assert "no space left" in err
    assert set(answer.get("reasons", {})) <= {"disk_full"}
    files(library, "scenes")  # asserts that nothing is half-written
    ballast.unlink()
    code, report, err = finish(start(library, photos, "--inline"))
    assert (code, report["left"]) == (0, 0), err
    check_whole(library)
