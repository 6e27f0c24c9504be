"""What `show` says of one photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.catalog.outcomes import record_artifacts
from pipeline.catalog.photo_details import photo_details
from schemas.context import ContextSource
from schemas.records import ArtifactRecord, StoredFile
from schemas.tables import artifacts
from tests.support.library_of_records import RUN, clip, done, meta, new_catalog, photo_file


def test_the_sources_of_time_and_place_are_named(tmp_path: Path) -> None:
    file = photo_file("a.jpg")
    about = replace(
        meta(),
        taken_at_source=ContextSource.SIDECAR,
        position_source=ContextSource.EXIF,
    )
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(done(file, about), RUN)
        details = photo_details(catalog.connection, file.photo_id, tmp_path)
    assert details["taken_at_source"] == "sidecar"
    assert details["position_source"] == "exif"


def test_files_recorded_together_have_one_order_on_every_database(
    tmp_path: Path, catalog_url: str | None
) -> None:
    file = photo_file("a.jpg")
    finished = done(file)
    id_ = file.photo_id
    thumb = ArtifactRecord(id_, "thumb", id_, None, StoredFile("thumbs/a.webp", 1, "1" * 64), None)
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(finished, RUN)
        with catalog.connection.begin():
            catalog.connection.execute(artifacts.delete())
            record_artifacts(catalog.connection, [clip(finished.scene), thumb], RUN)
        details = photo_details(catalog.connection, "/photos/a.jpg", tmp_path)
    assert [made["kind"] for made in details["artifacts"]] == ["thumb", "clip"]  # type: ignore[attr-defined]
