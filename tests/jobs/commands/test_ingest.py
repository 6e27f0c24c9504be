from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jobs.cli import main
from pipeline.flow import model
from tests.support.made_photos import make_photos
from tests.support.trivial_model import trivial_model


def test_listed_photos_that_a_limited_run_has_not_reached_are_not_unmatched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "resolve_model", lambda *_: trivial_model())
    make_photos(tmp_path / "photos", 3)
    listing = tmp_path / "list.txt"
    names = ["photo001.jpg", "photo002.jpg", "typing-error.jpg"]
    listing.write_text("".join(f"{tmp_path}/photos/{name}\n" for name in names))
    command = ["sharp-batch", "ingest", str(tmp_path / "photos"), "--library", str(tmp_path / "l")]
    command += ["--inline", "--model", "small", "--listed-in", str(listing)]
    for options, is_told in ((["--limit", "1"], False), ([], True)):
        monkeypatch.setattr(sys, "argv", [*command, *options])
        with pytest.raises(SystemExit):
            main()
        assert ("1 of 3 lines" in capsys.readouterr().err) is is_told
