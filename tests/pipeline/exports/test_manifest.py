from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.exports.manifest import (
    MANIFEST,
    Exported,
    known_exports,
    line_of,
    manifest_lines,
    of_line,
    write_manifest,
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
    return ExportTarget(tmp_path / "out", tmp_path / "library")


def test_a_line_gives_back_what_was_exported(target: ExportTarget) -> None:
    other = replace(ONE, file="ü;b.jpg", mtime_ns=7)
    write_manifest(target, [line_of(ONE, ["/p/a.jpg", "/q/a.jpg"]), line_of(other, [])])
    lines = list(manifest_lines(target))
    assert [of_line(line) for line in lines] == [ONE, other]
    assert lines[0]["source_paths"] == ["/p/a.jpg", "/q/a.jpg"]


def test_the_table_has_the_same_values_as_text(target: ExportTarget) -> None:
    write_manifest(target, [line_of(ONE, ["/p/a.jpg", "/q/a.jpg"])])
    with target.absolute(f"{MANIFEST}.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["bytes"], row["mtime_ns"]) == (ONE.file, "10", "")
    assert row["source_paths"] == "/p/a.jpg;/q/a.jpg"
    assert json.loads(row["settings"]) == ONE.settings


def test_lines_of_something_else_are_left_out(target: ExportTarget) -> None:
    assert list(manifest_lines(target)) == []
    whole = json.dumps(line_of(ONE, []))
    fewer = json.dumps({"file": "a.jpg"})
    target.folder.mkdir()
    target.absolute(f"{MANIFEST}.jsonl").write_text(f"{fewer}\n[1]\n{whole[:-9]}\n{whole}\n")
    assert [of_line(line) for line in manifest_lines(target)] == [ONE]
    target.absolute(f"{MANIFEST}.jsonl").write_bytes(b"\xff\xfe")
    assert list(manifest_lines(target)) == []


def test_the_catalog_knows_the_exports_of_this_folder_only(
    target: ExportTarget, tmp_path: Path
) -> None:
    file = photo_file("a.jpg")
    outcome = done(file)
    one = replace(ONE, photo_id=file.photo_id, scene_id=outcome.scene.scene_id)
    inner = ExportTarget(target.folder / "2019", tmp_path / "library")
    with new_catalog(tmp_path) as catalog:
        catalog.add_found([(file, None)])
        catalog.record(outcome, RUN)
        made = [one.artifact(target), replace(one, file="c.jpg").artifact(inner)]
        catalog.record_known(made, RUN)
        with catalog.engine.connect() as reader:
            assert known_exports(reader, target) == [one]
            assert known_exports(reader, inner) == [replace(one, file="c.jpg")]
