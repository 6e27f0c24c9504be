from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.exports.exported import Exported, RecordedExport, record_start
from pipeline.exports.manifest import (
    MANIFEST_CSV,
    exported_of,
    line_of,
    line_text,
    manifest_texts,
    parse_line,
    recorded_line_text,
    write_manifest,
)
from pipeline.exports.target import ExportTarget

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


def test_a_line_gives_back_what_was_exported(target: ExportTarget) -> None:
    other = replace(ONE, file="ü;b.jpg", mtime_ns=7)
    texts = [line_text(line_of(ONE, ["/p/a.jpg", "/q/a.jpg"])), line_text(line_of(other, []))]
    write_manifest(target, texts)
    assert list(manifest_texts(target)) == texts
    lines = [parse_line(text) or {} for text in texts]
    assert [exported_of(line) for line in lines] == [ONE, other]
    assert lines[0]["source_paths"] == ["/p/a.jpg", "/q/a.jpg"]


def test_the_table_has_the_same_values_as_text(target: ExportTarget) -> None:
    write_manifest(target, [line_text(line_of(ONE, ["/p/a.jpg", "/q/a.jpg"]))])
    with target.absolute(MANIFEST_CSV).open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["bytes"], row["mtime_ns"]) == (ONE.file, "10", "")
    assert row["source_paths"] == "/p/a.jpg;/q/a.jpg"
    assert json.loads(row["settings"]) == ONE.settings


def test_a_folder_without_a_manifest_has_no_lines(target: ExportTarget) -> None:
    assert list(manifest_texts(target)) == []


@pytest.mark.parametrize(
    "text",
    [
        b'{"file": "a.jpg"}',
        b"[1]",
        b"\xff\xfe",
        line_text(line_of(ONE, []))[:-9],
        line_text({**line_of(ONE, []), "file": 7}),
        line_text({**line_of(ONE, []), "more": 7}),
    ],
)
def test_other_text_is_no_line(text: bytes) -> None:
    assert parse_line(text) is None


@pytest.mark.parametrize(
    "exported",
    [ONE, replace(ONE, file='2019/"ü" \\.jpg', mtime_ns=7), replace(ONE, facts={"lens": "ü"})],
)
def test_a_recorded_export_gives_the_line_without_being_parsed(
    target: ExportTarget, exported: Exported
) -> None:
    text = exported.artifact(target).settings
    assert text is not None
    start = (exported.file, exported.kind, exported.photo_id, exported.scene_id)
    recorded = RecordedExport(*start, exported.bytes, exported.sha256, text)
    paths = ["/p/ü.jpg", '/q/"a".jpg']
    expected = line_text(line_of(exported, paths))
    assert recorded_line_text(recorded, paths, record_start(target)) == expected
