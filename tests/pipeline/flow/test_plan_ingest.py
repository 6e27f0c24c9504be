"""Plans of an ingest: what is compared, what is kept, and in which order photos are due."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.flow.plan import Plan
from pipeline.flow.plan_ingest import plan_ingest
from pipeline.library import Library
from schemas.records import PhotoFile
from schemas.settings import IngestSettings
from schemas.user_focals import NO_CHANGE
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import ingest

EVERY_FILE = replace(IngestSettings(), exclude=())
SIDECAR = "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def test_what_is_due_is_ordered_by_what_the_catalog_knows(tmp_path: Path) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    make_photos(photos, 4)
    ingest(library, photos)
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        rows = catalog.execute("SELECT photo_id, path FROM photo_paths ORDER BY path").fetchall()
        (usual, _), (page, _), (favorite, _), (poor, _) = rows
        catalog.execute("UPDATE photos SET score = NULL")
        catalog.execute("DELETE FROM photo_flags")
        catalog.execute("UPDATE photos SET favorite = 1 WHERE photo_id = ?", (favorite,))
        catalog.execute("UPDATE photos SET score = 0.1 WHERE photo_id = ?", (poor,))
        catalog.execute("INSERT INTO photo_flags VALUES ('document', ?, NULL)", (page,))
    make_photo(photos / "new.jpg", 77)
    with Library.resolve(library).read() as reader:
        _, plan = plan_ingest([photos], library, EVERY_FILE, "another-1", reader, NO_CHANGE)
    order = [item.photo_id if isinstance(item, PhotoFile) else "new" for item in plan.todo]
    assert order[0] == favorite
    assert set(order[1:3]) == {usual, "new"}  # in the order of the scan
    assert order[3:] == [poor, page]


def planned(library: Path, *sources: Path, settings: IngestSettings = EVERY_FILE) -> Plan:
    with Library.resolve(library).read() as reader:
        return plan_ingest(sources, library, settings, "trivial-1", reader, NO_CHANGE)[1]


def photo_ids(library: Path) -> dict[str, str]:
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        rows = catalog.execute("SELECT path, photo_id FROM photo_paths").fetchall()
    return {Path(path).name: photo_id for path, photo_id in rows}


def test_names_that_sort_oddly_are_all_found_again(tmp_path: Path) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    names = ["a.jpg", "a/1.jpg", "a-b/1.jpg", "a0.jpg", "é/ü.jpg", "z/a/b.jpg", "z.jpg", "Z/1.jpg"]
    for seed, name in enumerate(names):
        make_photo(photos / name, seed)
    make_photo(Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.jpg")), 70)
    make_photo(Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9/x.jpg")), 71)
    ingest(library, photos)
    plan = planned(library, photos)
    assert (plan.found, plan.unchanged, plan.todo) == (10, 10, [])
    assert not plan.live_paths.gone | plan.live_paths.back


def test_of_photos_with_nothing_to_do_nothing_is_kept(tmp_path: Path) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    make_photos(photos, 3)
    shutil.copy(photos / "photo000.jpg", photos / "copy.jpg")
    ingest(library, photos)
    (photos / "photo002.xmp").write_text(SIDECAR)
    plan = planned(library, photos)
    ids = photo_ids(library)
    assert (plan.unchanged, plan.duplicates, plan.to_read) == (2, 1, 1)
    kept = {name for name, photo_id in ids.items() if plan.rules.state.get(photo_id) is not None}
    assert kept == {"photo002.jpg"}


def test_what_is_behind_links_and_in_named_folders_is_not_gone(tmp_path: Path) -> None:
    photos, other, library = tmp_path / "photos", tmp_path / "other", tmp_path / "library"
    make_photo(photos / "a" / "1.jpg", 1)
    make_photo(photos / "m" / "2.jpg", 2)
    make_photo(photos / "z.jpg", 3)
    make_photo(other / "4.jpg", 4)
    (photos / "link").symlink_to(other)
    sources = [photos, photos / "m", photos / "z.jpg"]
    ingest(library, *sources)
    for some in (sources, sources[::-1], [photos]):
        plan = planned(library, *some)
        assert (plan.found, plan.unchanged, plan.live_paths.gone) == (4, 4, set())
    (photos / "link").unlink()
    (photos / "m" / "2.jpg").unlink()
    gone = {str(photos / "link" / "4.jpg"), str(photos / "m" / "2.jpg")}
    assert planned(library, *sources).live_paths.gone == gone
    assert planned(library, photos / "a").live_paths.gone == set()


def test_a_sidecar_beside_a_copy_is_noticed_and_that_of_the_other_stays(tmp_path: Path) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    make_photo(photos / "a" / "1.jpg", 1)
    (photos / "a" / "1.xmp").write_text(SIDECAR)
    ingest(library, photos)
    (photos / "b").mkdir()
    shutil.copy(photos / "a" / "1.jpg", photos / "b" / "1.jpg")  # new, of a photo that is as before
    report = ingest(library, photos)
    assert (report.duplicates, report.metadata_updated) == (1, 0)
    (photos / "b" / "1.xmp").write_text(SIDECAR)
    report = ingest(library, photos)
    assert (report.duplicates, report.metadata_updated, report.done) == (1, 1, 0)
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        paths = {path for (path,) in catalog.execute("SELECT path FROM context_files")}
    assert paths == {str(photos / folder / "1.xmp") for folder in "ab"}
    assert planned(library, photos).todo == []


@pytest.mark.parametrize("touched", ["a", "b"])
def test_a_copy_that_is_read_again_keeps_its_sidecar(tmp_path: Path, touched: str) -> None:
    photos, library = tmp_path / "photos", tmp_path / "library"
    for folder in "ab":
        make_photo(photos / folder / "1.jpg", 1)
    sidecar = photos / touched / "1.xmp"
    sidecar.write_text(SIDECAR)
    ingest(library, photos)
    os.utime(photos / touched / "1.jpg", (1_600_000_000, 1_600_000_000))
    report = ingest(library, photos)
    assert (report.duplicates, report.unchanged, report.metadata_updated) == (1, 1, 0)
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        paths = catalog.execute("SELECT path FROM context_files").fetchall()
    assert paths == [(str(sidecar),)]
    assert planned(library, photos).todo == []
