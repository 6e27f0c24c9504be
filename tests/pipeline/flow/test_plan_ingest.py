"""Of photos that are due for another model, the most promising come first."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from pipeline.flow.plan_ingest import plan_ingest
from pipeline.library import Library
from schemas.records import PhotoFile
from schemas.settings import IngestSettings
from schemas.user_focals import NO_CHANGE
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import ingest


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
        settings = replace(IngestSettings(), exclude=())
        _, plan = plan_ingest([photos], library, settings, "another-1", reader, NO_CHANGE)
    order = [item.photo_id if isinstance(item, PhotoFile) else "new" for item in plan.todo]
    assert order[0] == favorite
    assert set(order[1:3]) == {usual, "new"}  # in the order of the scan
    assert order[3:] == [poor, page]
