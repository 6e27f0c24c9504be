"""An observer that fails is switched off, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.monitoring.observers import RunObserver, WatchedRun, observed_by
from schemas.outcomes import Done, Outcome
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest


class Broken(RunObserver):
    calls = 0

    def outcome(self, outcome: Outcome) -> None:
        Broken.calls += 1
        raise ValueError("a mistake")


class Watching(RunObserver):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def begin(self, run: WatchedRun) -> None:
        self.seen.append(run.command)

    def outcome(self, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self.seen.append("done")

    def end(self, report: object) -> None:
        self.seen.append("end")


def test_one_that_raises_is_off_and_the_others_are_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make_photos(tmp_path / "photos", 2)
    watching = Watching()
    with observed_by([Broken(), watching]):
        report = ingest(tmp_path / "library", tmp_path / "photos", output=Output())
    assert (report.done, Broken.calls) == (2, 1)
    assert watching.seen == ["ingest", "done", "done", "end"]
    assert "Broken is off from here on: a mistake" in capfd.readouterr().err
    ingest(tmp_path / "library", tmp_path / "photos")
    assert watching.seen[-1] == "end"  # outside the context nobody is told
    assert len(watching.seen) == 4
