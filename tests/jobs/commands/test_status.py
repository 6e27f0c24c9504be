from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jobs.cli import main
from tests.support.library_of_records import new_catalog


def test_a_run_that_goes_on_shows_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_catalog(tmp_path) as writer:
        writer.begin_run("now", "ingest", {})
        writer.set_progress("now", due=80_000, done=1234, failed=5, seconds=60.0)
    monkeypatch.setattr(sys, "argv", ["sharp-batch", "status", "--library", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("now "))
    assert line.split() == ["now", "running", "1234", "of", "80000", "5", "60.0"]
