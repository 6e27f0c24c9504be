from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.exports.exported import (
    Exported,
    exports_by_file,
    exports_by_photo,
    exports_with_sources,
    recorded_files,
    source_paths,
)
from pipeline.exports.target import ExportTarget
from tests.support.library_of_records import RUN, done, new_catalog, photo_file

ONE = Exported(
    file="2019/a_sbs.jpg",
    kind="sbs",
    photo_id="1" * 32,
    scene_id="2" * 32,
    bytes=10,
    sha256="3" * 64,
    settings={"max_disparity": 0.02},
    facts={"focus_m": 2.5},
    name="{year}/{stem}",
    stem="2019/a",
    mtime_ns=None,
)


@pytest.fixture
def target(tmp_path: Path) -> ExportTarget:
    return ExportTarget(tmp_path / "out", tmp_path)


def test_the_catalog_knows_the_exports_of_this_folder_only(
    target: ExportTarget, tmp_path: Path, catalog_url: str | None
) -> None:
    file, copy = photo_file("a.jpg", "same"), photo_file("b.jpg", "same")
    outcome = done(file)
    one = replace(ONE, photo_id=file.photo_id, scene_id=outcome.scene.scene_id)
    first, inside = replace(one, file="0.jpg"), replace(one, file="c.jpg")
    inner = ExportTarget(target.folder / "2019", tmp_path)
    with new_catalog(tmp_path, catalog_url) as catalog:
        catalog.add_found([(file, None), (copy, None)])
        catalog.record(outcome, RUN)
        made = [one.artifact(target), first.artifact(target), inside.artifact(inner)]
        catalog.record_known(made, RUN)
        with catalog.engine.connect() as reader:
            found = list(exports_by_file(reader, target))
            assert [recorded.parsed() for recorded in found] == [first, one]
            assert {recorded.file for recorded in exports_by_photo(reader, target)} == {
                *(first.file, one.file)
            }
            assert [recorded.parsed() for recorded in exports_by_file(reader, inner)] == [inside]
            files = [one.file, "2019/c.jpg", "unknown.jpg"]
            assert recorded_files(reader, target, files) == {one.file}
            paths = [file.path, copy.path]
            assert [sources for _, sources in exports_with_sources(reader, target)] == [paths] * 2
            assert source_paths(reader, [file.photo_id]) == {file.photo_id: paths}
        catalog.mark_missing([file.path], [])
        with catalog.engine.connect() as reader:
            assert source_paths(reader, [file.photo_id]) == {file.photo_id: [copy.path]}
        catalog.mark_missing([copy.path], [])
        with catalog.engine.connect() as reader:
            assert source_paths(reader, [file.photo_id]) == {file.photo_id: paths}
