from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.runs.export import ExportOrder, dry_export
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.scenes import page as scene_page
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
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
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for name in ("viewer.js", "viewer.css", "LICENSES.txt"):
        (bundle / name).write_text(f"/* {name} */")
    monkeypatch.setattr(scene_page, "_bundle", lambda: bundle)
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
    with pytest.raises(UsageError, match=r"--kind html .* not built") as caught:
        run(library, tmp_path / "out", HTML)
    assert "scripts/build_viewer" in caught.value.hint


def test_one_kind_that_cannot_work_stops_the_others_before_they_start(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a run once ended with no file at all, after a dry run that had promised two."""
    monkeypatch.setattr(scene_page.resources, "files", lambda _: tmp_path)
    settings = replace(QUICK, kinds=("sbs", "html"))
    with pytest.raises(UsageError, match="not built"):
        dry_export(Library.resolve(library), ExportOrder(tmp_path / "out", Filters(), settings))
    with pytest.raises(UsageError, match="not built"):
        run(library, tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()
