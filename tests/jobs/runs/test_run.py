"""The session that all runs share: what happens around their work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jobs.console.output import Output
from jobs.runs.preview import preview
from jobs.runs.run import Run, RunReport, new_run_id
from jobs.runs.scene_run import RunnerMaker, SceneRunReport, SceneWork, run_over_scenes
from pipeline.catalog.filters import Filters
from pipeline.catalog.lock import Holder
from pipeline.library import Library
from pipeline.scenes.previews import PreviewStage
from pipeline.store.layout import TEMPORARY_PREFIX, ReportPath
from pipeline.work.map_scenes import SceneStage, TaskT
from pipeline.work.stop import Stop
from schemas.choices import PreviewKind
from schemas.errors import ExitCode, RunError
from schemas.export_settings import PreviewSettings
from schemas.outcomes import Failed, Made, Waiting
from schemas.reasons import FailureReason
from schemas.records import ArtifactRecord, MediaType, PhotoFile, SceneFile, StoredFile
from schemas.tables import artifacts, photos, runs
from tests.support.library_of_records import digest
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest

STILLS = PreviewSettings((PreviewKind.STILL,), long_side=16)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_photos(tmp_path / "photos", 2)
    ingest(tmp_path / "library", tmp_path / "photos")
    return Library.resolve(tmp_path / "library")


class Runner:
    """Yields these outcomes for the scenes, then raises the error, if there is one."""

    def __init__(self, *reasons: FailureReason, error: Exception | None = None) -> None:
        self._reasons = reasons
        self._error = error

    def map_scenes(
        self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
    ) -> Iterator[Made | Failed | Waiting]:
        for scene, reason in zip(scenes, self._reasons, strict=False):
            if stop.is_asked:
                return
            yield Failed(scene.photo, stage.name, reason, "made up", "here")
            yield Waiting()
        if self._error is not None:
            raise self._error


class ClipRunner:
    """Yields a clip of each photo, one right after the other."""

    def map_scenes(
        self, stage: SceneStage[TaskT], scenes: Sequence[TaskT], stop: Stop
    ) -> Iterator[Made | Failed | Waiting]:
        for scene in scenes:
            photo_id = scene.photo.photo_id
            file = StoredFile(f"/{photo_id}.mp4", 1, "0" * 64)
            clip = ArtifactRecord(digest(photo_id), "clip", photo_id, None, file, "{}")
            yield Made(scene.photo, (clip,), 1.0)
        yield Waiting()


def runner(*reasons: FailureReason, error: Exception | None = None) -> RunnerMaker:
    return lambda: contextlib.nullcontext(Runner(*reasons, error=error))


def make(library: Library, maker: RunnerMaker) -> SceneRunReport:
    return preview(library, Filters(), STILLS, Output(), maker)


def last_run(library: Library) -> sa.Row[tuple[str, str]]:
    query = sa.select(runs.c.run_id, runs.c.command, runs.c.state)
    with library.read() as connection:
        return connection.execute(query.order_by(runs.c.started_at.desc()).limit(1)).one()


def test_an_error_at_the_end_does_not_hide_the_first_one(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the snapshot broke")

    monkeypatch.setattr(Library, "write_snapshot", fail)
    with pytest.raises(RunError, match="the first error"):
        make(library, runner(FailureReason.TIMEOUT, error=RunError("the first error")))
    assert "the snapshot broke" in capsys.readouterr().err
    assert last_run(library).state == "failed"


def test_a_report_that_cannot_be_written_is_a_warning(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(library.root, Path)
    (library.root / "runs").rename(library.root / "away")
    (library.root / "runs").write_text("a file where a folder has to be")
    report = make(library, runner(FailureReason.TIMEOUT))
    assert (report.failed, report.left) == (1, 1)
    assert "report could not be written" in capsys.readouterr().err
    assert last_run(library).state == "finished"


def test_a_full_disk_ends_the_run_and_is_no_interrupt(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    report = make(library, runner(FailureReason.DISK_FULL, FailureReason.DISK_FULL))
    assert (report.failed, report.left, report.is_interrupted) == (1, 1, False)
    assert report.exit_code is ExitCode.SOME_FAILED
    assert "The disk is full" in capsys.readouterr().err


def test_the_report_tells_state_and_settings(library: Library) -> None:
    report = make(library, runner(FailureReason.TIMEOUT, FailureReason.TIMEOUT))
    document = json.loads(library.store.read_bytes(ReportPath(report.run_id).path))
    assert document["state"] == last_run(library).state == "finished"
    assert document["settings"]["long_side"] == 16
    assert document["reasons"] == {"timeout": 2}


def test_a_run_takes_over_from_a_dead_one(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(library.root, Path)
    dead = Holder("elsewhere", 1, "yesterday", "export")
    names = {name: getattr(dead, name) for name in Holder.__slots__}
    (library.root / "lock").write_text(json.dumps(names))
    (library.root / "scenes" / f"{TEMPORARY_PREFIX}{'0' * 32}").write_bytes(b"half")
    make(library, runner(FailureReason.TIMEOUT))
    said = capsys.readouterr().err
    assert f"Taking over from {dead}" in said
    assert "Removed 1 half-written file of" in said


def test_every_run_warns_of_a_catalog_on_a_network_disk(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(library.root, Path)
    real = psutil.disk_partitions(all=True)
    shared = real[0]._replace(mountpoint=str(library.root.resolve()), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [*real, shared])
    make(library, runner(FailureReason.TIMEOUT))
    assert "nfs4" in capsys.readouterr().err


@pytest.mark.posix
def test_a_signal_asks_the_run_to_end_and_the_second_ends_its_work(library: Library) -> None:
    report = RunReport(run_id=new_run_id(), library=str(library))
    run = Run(library, "ingest", {}, report, Output(quiet=True))
    run.due = 2
    photo = PhotoFile("a" * 32, "/a.jpg", 1, 1, MediaType.JPEG)
    with run.held(), run.recorded():
        with run.progress("photos", 2):
            run.count(Failed(photo, "decode", FailureReason.TIMEOUT, "slow", "here"))
            os.kill(os.getpid(), signal.SIGTERM)
            assert run.stop.is_asked
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("the second signal did not end the work")
        assert run.stop.is_requested
    assert (report.failed, report.left, report.is_interrupted) == (1, 1, True)
    assert report.exit_code is ExitCode.INTERRUPTED
    assert last_run(library).state == "interrupted"


@pytest.mark.posix
@pytest.mark.parametrize(
    ("while_working", "left", "state"),
    [(0, 1, "finished"), (1, 0, "finished"), (1, 1, "interrupted"), (2, 1, "interrupted")],
)
def test_a_signal_after_the_work_loses_no_report_and_one_more_ends_the_run(
    library: Library, capsys: pytest.CaptureFixture[str], while_working: int, left: int, state: str
) -> None:
    report = RunReport(run_id=new_run_id(), library=str(library))
    run = Run(library, "ingest", {}, report, Output())
    run.due = left
    with run.held(), run.recorded():
        with run.progress("photos", 2):
            for _ in range(while_working):
                os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert ("Finishing the work" in capsys.readouterr().err) == (while_working > 0)
    assert last_run(library).state == state
    document = json.loads(library.store.read_bytes(ReportPath(report.run_id).path))
    assert document["is_interrupted"] == (state == "interrupted")
    assert document["is_stop_requested"] == (while_working > 0)


def test_rows_of_files_that_got_no_name_are_dropped_and_the_others_told(library: Library) -> None:
    named: list[str] = []

    def name_files(made: Made) -> None:
        if not named:
            named.append("")
            raise RunError("the folder is gone")
        named.append(made.artifacts[0].file.path)

    def due(connection: Connection) -> tuple[list[SceneFile], int]:
        return [
            SceneFile(name, PhotoFile(name, "/a.jpg", 1, 1, MediaType.JPEG), "", 1, 1, 1.0)
            for name in connection.scalars(sa.select(photos.c.photo_id))
        ], 0

    work = SceneWork("export", {}, PreviewStage(STILLS, library.store), due, name_files)
    report = SceneRunReport(run_id=new_run_id(), library=str(library))
    with pytest.raises(RunError, match="the folder is gone"):
        run_over_scenes(
            library, work, report, Output(quiet=True), lambda: contextlib.nullcontext(ClipRunner())
        )
    with library.read() as connection:
        clips = connection.scalars(sa.select(artifacts.c.path).where(artifacts.c.kind == "clip"))
        assert list(clips) == named[1:]
    assert len(named) == 2
    assert (report.done, report.left) == (1, 1)


def test_ids_of_runs_sort_by_time_and_differ() -> None:
    assert len({new_run_id() for _ in range(100)}) == 100
