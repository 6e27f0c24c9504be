"""Ingest runs on a local Ray: the run and its workers are signalled and killed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from pipeline.library import Library
from schemas.tables import photos as photos_table
from tests.support.ingest_process import finish, start, wait_for_scenes
from tests.support.made_photos import make_photo, make_photos
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.support.whole_library import check_whole

DEADLY_WIDTH = 333
BAD = {"deadly.jpg": "worker_lost", "broken.jpg": "truncated"}


@pytest.mark.parametrize(
    ("driver_kills", "worker_kills", "count"),
    # A photo whose worker is killed three times is given up: in the short version none can be.
    [(1, 2, 12), pytest.param(6, 20, 120, marks=pytest.mark.slow)],
)
def test_after_repeated_kills_good_photos_are_done_and_bad_ones_failed(
    tmp_path: Path, driver_kills: int, worker_kills: int, count: int
) -> None:
    library, photos = tmp_path / "library", tmp_path / "photos"
    make_photos(photos, count)
    make_photo(photos / "deadly.jpg", 999, (DEADLY_WIDTH, 300))
    broken = make_photo(photos / "broken.jpg", 998)
    broken.write_bytes(broken.read_bytes()[:1500])
    options = ("--seconds", "0.2", "--deadly-width", str(DEADLY_WIDTH))
    choice = random.Random(1)
    for _ in range(driver_kills):
        driver = start(library, photos, *options)
        begun = len(list(library.glob("scenes/*/[!.]*")))  # none that is half-written
        for more in range(1, 1 + worker_kills // driver_kills):
            wait_for_scenes(library, begun + more, driver)
            kill_one(workers_of(driver), choice)
        wait_for_scenes(library, begun + count // (2 * driver_kills), driver)
        kill_driver(driver)
    code, report, err = finish(start(library, photos, *options))
    assert code in (0, 1), err  # 1 if bad ones were left for this last run
    assert report["left"] == 0
    check_whole(library)
    with Library.resolve(library).read() as connection:
        rows = connection.execute(sa.select(photos_table)).all()
    assert len(rows) == count + len(BAD)
    assert sum(row.state == "done" for row in rows) == count
    assert sorted(row.reason for row in rows if row.state == "failed") == sorted(BAD.values())


@pytest.mark.posix
def test_a_second_signal_to_the_process_group_ends_a_run_at_once(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 2)
    process = start(tmp_path / "library", tmp_path / "photos", "--seconds", "1000")
    wait_until_predicting(process)
    family = family_of(process)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.stderr is not None
    assert any("Finishing" in line for line in process.stderr)
    os.killpg(process.pid, signal.SIGTERM)
    code, report, err = finish(process)
    assert code == 130, err
    assert (report["done"], report["left"]) == (0, 2)
    check_gone(family)


def test_a_run_completes_with_little_shared_memory(tmp_path: Path) -> None:
    unshare = ["unshare", "--mount", "sh", "-c"]
    small = "mount -t tmpfs -o size=64m tmpfs /dev/shm"
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, small], capture_output=True, check=False).returncode
    ):
        pytest.skip("a small /dev/shm needs the right to mount one")
    make_photos(tmp_path / "photos", 3)
    library = tmp_path / "library"
    process = start(
        library, tmp_path / "photos", prefix=[*unshare, f'{small} && exec "$@"', "unshared"]
    )
    code, report, err = finish(process)
    assert code == 0, err
    assert report["done"] == 3
    check_whole(library)


def kill_one(workers: list[psutil.Process], choice: random.Random) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        choice.choice(workers).kill()


def workers_of(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the workers of this run's Ray, and of no other; its agents are part of the machine."""
    titles = {process: title(process) for process in family_of(driver)}
    return [p for p, name in titles.items() if name.startswith("ray::") and "Agent" not in name]


def family_of(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    return list(psutil.Process(driver.pid).children(recursive=True))


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()).strip()
    except psutil.Error:
        return ""


def kill_driver(driver: subprocess.Popen[str]) -> None:
    """Kill a run's own process, and assert that its Ray ends with it.

    All but two small agents, which notice it only after a minute.
    """
    family = [process for process in family_of(driver) if "Agent" not in title(process)]
    assert family
    driver.kill()
    driver.communicate()
    check_gone(family)


def check_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
    assert not alive


def wait_until_predicting(driver: subprocess.Popen[str]) -> None:
    def predicts() -> bool:
        assert driver.poll() is None, driver.communicate()
        return any(title(one).endswith("PredictorWorker.predict") for one in family_of(driver))

    wait_until(predicts, lambda: "no prediction began", pause=0.02)
