"""What a run tells is in the catalog, whatever happens in the middle of a commit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from jobs.runs.recorder import MOST_HELD, Recorder
from jobs.runs.signals import stop_on_signals
from pipeline.catalog.address import find_catalog
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from pipeline.work.stop import Stop
from schemas.errors import FailureReason, RunError
from schemas.outcomes import Done, Failed, Outcome, UnderWay, Waiting
from schemas.tables import failures, photos, runs, scenes
from tests.support.library_of_records import RUN, done, failed, new_catalog, photo_file
from tests.support.paths import ROOT
from tests.support.small_disk import small_disk

INTERRUPT = signal.SIGINT  # every system can raise it in its own process


class Told:
    """Looks, at each outcome that is told, whether others see it in the catalog."""

    def __init__(self, catalog: CatalogWriter) -> None:
        self._catalog = catalog
        self.names: list[str] = []
        self.failed: list[Failed] = []

    def __call__(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self.failed.append(outcome)
        if isinstance(outcome, Done):
            with self._catalog.engine.connect() as reader:
                made = sa.select(scenes.c.scene_id).where(
                    scenes.c.scene_id == outcome.scene.scene_id
                )
                assert reader.scalar(made) is not None
            self.names.append(outcome.photo.file.path)


@pytest.fixture
def catalog(tmp_path: Path, catalog_url: str | None) -> Iterator[CatalogWriter]:
    with new_catalog(tmp_path, catalog_url) as writer:
        yield writer


def a_recorder(
    catalog: CatalogWriter,
    tell: Callable[[Outcome], object],
    uninterrupted: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
) -> Recorder:
    return Recorder(catalog, find_catalog(Path("/library")), RUN, tell, uninterrupted)


def dones(catalog: CatalogWriter, count: int) -> list[Done]:
    files = [photo_file(f"{number}.jpg") for number in range(count)]
    catalog.add_found([(file, None) for file in files])
    return [done(file) for file in files]


def count(catalog: CatalogWriter, table: sa.Table) -> int:
    with catalog.engine.connect() as reader:
        return reader.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_outcomes_that_come_together_share_a_commit_and_are_told_after_it(
    catalog: CatalogWriter,
) -> None:
    told, commits = Told(catalog), 0

    def note(_: object) -> None:
        nonlocal commits
        commits += 1

    found = dones(catalog, MOST_HELD + 3)
    recorder = a_recorder(catalog, told)
    sa.event.listen(catalog.engine, "commit", note)
    for outcome in found:
        recorder.take(outcome)
    recorder.take(Waiting())
    assert told.names == [outcome.photo.file.path for outcome in found]
    assert count(catalog, scenes) == len(found)
    assert commits <= 3


def test_what_is_under_way_is_recorded_at_once_with_all_before_it(catalog: CatalogWriter) -> None:
    told = Told(catalog)
    first, second = dones(catalog, 2)
    recorder = a_recorder(catalog, told)
    recorder.take(first)
    recorder.take(UnderWay((second.photo.file,)))
    assert told.names == [first.photo.file.path]
    with catalog.engine.connect() as reader:
        assert second.photo.file.photo_id in str(reader.scalar(sa.select(runs.c.under_way)))


def test_one_that_cannot_be_recorded_takes_no_neighbour_with_it(catalog: CatalogWriter) -> None:
    told = Told(catalog)
    found = dones(catalog, 3)
    stranger = done(photo_file("never found.jpg"))  # its row refers to a photo that there is not
    recorder = a_recorder(catalog, told)
    for outcome in (found[0], failed(found[1].photo.file), stranger, found[2]):
        recorder.take(outcome)
    with pytest.raises(sa.exc.IntegrityError):
        recorder.flush()
    assert told.names == [found[0].photo.file.path, found[2].photo.file.path]
    assert (count(catalog, scenes), count(catalog, failures)) == (2, 1)


def test_an_interrupt_in_a_commit_loses_nothing(catalog: CatalogWriter) -> None:
    told = Told(catalog)
    recorder = a_recorder(catalog, told)
    for outcome in dones(catalog, 3):
        recorder.take(outcome)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    sa.event.listen(catalog.engine, "commit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        recorder.take(Waiting())
    sa.event.remove(catalog.engine, "commit", interrupt)
    assert (told.names, count(catalog, scenes)) == ([], 0)
    recorder.flush()
    assert (len(told.names), count(catalog, scenes)) == (3, 3)


def test_a_signal_right_after_a_commit_records_no_failure_twice(
    catalog: CatalogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, record_all = Told(catalog), catalog.record_all

    def record_and_signal(found: Sequence[Outcome], run_id: str | None) -> None:
        record_all(found, run_id)
        signal.raise_signal(INTERRUPT)

    monkeypatch.setattr(catalog, "record_all", record_and_signal)
    (found,) = dones(catalog, 1)
    with stop_on_signals(Stop(), lambda: None) as signals:
        recorder = a_recorder(catalog, told, signals.postponed)
        signal.raise_signal(INTERRUPT)
        recorder.take(failed(found.photo.file))
        with pytest.raises(KeyboardInterrupt):
            recorder.flush()
        recorder.flush()
    assert len(told.failed) == count(catalog, failures) == 1


def test_a_signal_while_an_outcome_is_told_waits_until_it_is(catalog: CatalogWriter) -> None:
    told: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        if not told:
            for _ in range(2):
                signal.raise_signal(INTERRUPT)
        told.append(outcome)

    found = dones(catalog, 2)
    with stop_on_signals(Stop(), lambda: None) as signals:
        recorder = a_recorder(catalog, tell, signals.postponed)
        for outcome in found:
            recorder.take(outcome)
        with pytest.raises(KeyboardInterrupt):
            recorder.flush()
        recorder.flush()
    assert told == found


def test_one_that_cannot_be_told_takes_no_neighbour_with_it(catalog: CatalogWriter) -> None:
    told: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        if len(told) < 3:
            raise RunError(f"number {len(told)}")

    recorder = a_recorder(catalog, tell)
    for outcome in dones(catalog, 4):
        recorder.take(outcome)
    with pytest.raises(RunError, match="number 1"):
        recorder.flush()
    assert len(told) == 4
    recorder.flush()


def test_an_error_of_the_database_drops_nothing(catalog: CatalogWriter) -> None:
    told = Told(catalog)
    found = dones(catalog, 2)
    recorder = a_recorder(catalog, told)
    recorder.take(found[0])
    recorder.take(failed(found[1].photo.file))
    with catalog.engine.begin() as other:
        other.execute(sa.text("ALTER TABLE failures RENAME TO elsewhere"))
    with pytest.raises(sa.exc.DatabaseError):
        recorder.flush()
    with catalog.engine.begin() as other:
        other.execute(sa.text("ALTER TABLE elsewhere RENAME TO failures"))
    recorder.flush()
    assert (len(told.names), len(told.failed)) == (1, 1)
    assert (count(catalog, scenes), count(catalog, failures)) == (1, 1)


@pytest.mark.posix
def test_a_disk_that_fills_up_in_a_batch_loses_what_does_not_fit_and_says_so(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk, new_catalog(disk) as catalog:
        told = Told(catalog)
        found = dones(catalog, MOST_HELD)
        recorder = a_recorder(catalog, told)
        fill(disk / "filler", room=120_000)
        for outcome in found:
            recorder.take(outcome)
        recorder.flush()
        assert len(told.names) == count(catalog, scenes) > 0
        assert {one.reason for one in told.failed} == {FailureReason.DISK_FULL}
        assert len(told.names) + len(told.failed) == MOST_HELD


def fill(path: Path, room: int) -> None:
    """Fill the disk of a file with that file, but for some bytes."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 4096)
    os.truncate(path, path.stat().st_size - room)


@pytest.mark.posix
def test_killed_at_random_moments_a_run_has_recorded_all_that_it_told(tmp_path: Path) -> None:
    random = Random(7)
    told: set[str] = set()
    for number in range(3):
        command = [sys.executable, "-m", "tests.support.told_outcomes", str(tmp_path), str(number)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(random.randrange(1, 900)):
            told.add(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        told.update(rest.split("\n")[:-1])  # whole lines: told before the kill
    with Library.resolve(tmp_path).read() as reader:
        recorded = set(reader.scalars(sa.select(scenes.c.scene_id)))
        shown = set(reader.scalars(sa.select(photos.c.scene_id)))
    assert len(told) > 100
    assert told <= recorded
    assert told <= shown
