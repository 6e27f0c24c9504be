from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pipeline.scenes import page as scene_page
from schemas.errors import RunError
from schemas.settings import ExportSettings
from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, run
from tests.support.trivial_model import ingest


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


HTML = ExportSettings(kinds=("html",), long_side=QUICK.long_side)


def test_the_stored_scene_is_in_the_page(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_page, "bundle_file", lambda name: f"/* {name} */".encode())
    report = run(library, tmp_path / "out", HTML)
    assert (report.done, report.failed) == (1, 0)
    page = (tmp_path / "out" / "one.html").read_text()
    (stored,) = library.rglob("*.sog")
    assert base64.b64encode(stored.read_bytes()).decode() in page
    assert "<title>one</title>" in page


def test_without_a_viewer_the_run_says_how_to_get_one(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_page.resources, "files", lambda _: tmp_path)
    with pytest.raises(RunError, match="not built"):
        run(library, tmp_path / "out", HTML)
