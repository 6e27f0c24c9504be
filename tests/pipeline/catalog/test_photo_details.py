"""What `show` says of one photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.catalog.photo_details import photo_details
from schemas.context import ContextSource
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file


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
