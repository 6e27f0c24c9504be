"""The manifest of a folder beside the catalog: read as streams, written only where they differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.catalog import query
from pipeline.catalog.filters import Filters
from pipeline.catalog.writer import CatalogWriter
from pipeline.exports.exported import (
    Exported,
    exports_by_file,
    exports_with_sources,
    record_start,
)
from pipeline.exports.folder_names import FileForm, FolderNames
from pipeline.exports.manifest import MANIFEST_JSONL, line_of, line_text, recorded_line_text
from pipeline.exports.manifest_sync import compare_manifest, rewrite_manifest
from pipeline.exports.plan import plan_exports
from pipeline.exports.registry import kind_named
from pipeline.exports.target import ExportTarget
from schemas.export_settings import ExportSettings
from tests.support.library_of_records import RUN, done, new_catalog, photo_file

SETTINGS = ExportSettings(("ply",))
NAMES = ["IMG_1", "IMG_10", "img_2", "Été", 'a "quoted" one', "b/c", "写真", "z"]


@dataclass
class Folder:
    """A folder of exports, one for each photo of a catalog."""

    catalog: CatalogWriter
    target: ExportTarget

    def manifest(self) -> list[str]:
        text = self.target.absolute(MANIFEST_JSONL).read_text("utf-8")
        return [json.loads(line)["file"] for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.setattr(query, "_ROWS_AT_ONCE", 3)  # chunks end between any two rows
    (tmp_path / "library").mkdir()
    target = ExportTarget(tmp_path / "out", tmp_path / "library")
    with new_catalog(tmp_path / "library") as catalog:
        for name in NAMES:
            file = photo_file(f"{name}.jpg")
            catalog.add_found([(file, None)])
            scene = done(file)
            catalog.record(scene, None)
            made = write_export(target, name, file.photo_id, scene.scene.scene_id)
            catalog.record_known([made.artifact(target)], RUN)
        yield Folder(catalog, target)


def write_export(target: ExportTarget, name: str, photo_id: str, scene_id: str) -> Exported:
    path = target.absolute(f"{name}.ply")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    settings = json.loads(kind_named("ply").settings_text(SETTINGS))
    size, mtime_ns = path.stat().st_size, path.stat().st_mtime_ns
    return Exported(
        *(f"{name}.ply", "ply", photo_id, scene_id, size, sha256),
        *(settings, {}, "{stem}", name, mtime_ns),
    )


def test_a_line_written_without_parsing_is_the_same_line(folder: Folder) -> None:
    start = record_start(folder.target)
    rows = list(exports_with_sources(folder.catalog.connection, folder.target))
    assert len(rows) == len(NAMES)
    for recorded, paths in rows:
        line = line_of(recorded.parsed(), paths)
        assert recorded_line_text(recorded, paths, start) == line_text(line)
        assert len(paths) == 1


def test_exports_come_in_order_of_code_points(folder: Folder) -> None:
    files = [one.file for one in exports_by_file(folder.catalog.connection, folder.target)]
    assert files == sorted(f"{name}.ply" for name in NAMES)


def test_a_manifest_is_written_once(folder: Folder) -> None:
    connection, target = folder.catalog.connection, folder.target
    assert not compare_manifest(connection, target).is_current
    rewrite_manifest(connection, target)
    assert folder.manifest() == sorted(f"{name}.ply" for name in NAMES)
    inode = target.absolute(MANIFEST_JSONL).stat().st_ino
    rewrite_manifest(connection, target)
    assert target.absolute(MANIFEST_JSONL).stat().st_ino == inode
    assert compare_manifest(connection, target).folders == {"", "b"}


@pytest.mark.parametrize("change", ["file gone", "line gone", "line altered", "csv gone", "order"])
def test_a_manifest_that_differs_is_written_again(folder: Folder, change: str) -> None:
    connection, target = folder.catalog.connection, folder.target
    rewrite_manifest(connection, target)
    before = folder.manifest()
    path = target.absolute(MANIFEST_JSONL)
    lines = path.read_text().splitlines()
    if change == "file gone":
        target.absolute(before.pop(3)).unlink()
    elif change == "csv gone":
        path.with_suffix(".csv").unlink()
    else:
        middle = lines[2:5]
        kept = {
            "line gone": [*lines[:2], *lines[3:]],
            "line altered": [*lines[:2], lines[2].replace("/photos", "/else"), *lines[3:]],
            "order": [*lines[:2], *middle[::-1], *lines[5:]],
        }[change]
        path.write_text("".join(f"{line}\n" for line in kept))
    assert not compare_manifest(connection, target).is_current
    rewrite_manifest(connection, target)
    assert folder.manifest() == before
    assert compare_manifest(connection, target).is_current


def test_lines_of_others_stay_while_their_files_do(folder: Folder) -> None:
    connection, target = folder.catalog.connection, folder.target
    rewrite_manifest(connection, target)
    foreign = [write_export(target, name, "e" * 32, "f" * 32) for name in ("A", "M", "zz")]
    path = target.absolute(MANIFEST_JSONL)
    # At the end, in no order, as another program may have written them.
    with path.open("ab") as file:
        file.writelines(line_text(line_of(one, ["/else.jpg"])) + b"\n" for one in foreign)
    target.absolute("M.ply").unlink()
    rewrite_manifest(connection, target)
    assert folder.manifest() == sorted([*(f"{name}.ply" for name in NAMES), "A.ply", "zz.ply"])
    state = compare_manifest(connection, target)
    assert state.is_current
    assert not state.adopted
    assert not state.orphaned


def test_with_nothing_due_a_plan_is_empty_and_can_be_made_twice(folder: Folder) -> None:
    connection, target = folder.catalog.connection, folder.target
    rewrite_manifest(connection, target)
    for filters in (Filters(), Filters(limit=5), Filters(where="1"), Filters()):
        plan = plan_exports(connection, target, filters, SETTINGS)
        assert plan.items == []
        assert plan.complete == (filters.limit or len(NAMES))
        assert plan.manifest_is_current


def test_one_altered_file_is_due_alone_under_its_own_name(folder: Folder) -> None:
    target = folder.target
    target.absolute("b/c.ply").write_text("x")
    plan = plan_exports(folder.catalog.connection, target, Filters(), SETTINGS)
    ((due,),) = [item.files for item in plan.items]
    assert (due.file, due.may_replace, plan.complete) == ("b/c.ply", True, len(NAMES) - 1)


def test_a_name_is_free_if_no_export_has_it_on_any_disk(tmp_path: Path) -> None:
    target = ExportTarget(tmp_path, tmp_path / "library")
    taken = [
        write_export(target, name, photo_id * 32, "f" * 32)
        for name, photo_id in (("Img", "a"), ("other", "b"), ("IMG_cccccc", "d"))
    ]
    names = FolderNames(target, {"c" * 32: "IMG"}, [FileForm("", ".ply")])
    assert list(names.add(taken)) == ["Img.ply", "IMG_cccccc.ply"]
    for made in taken:
        target.absolute(made.file).unlink()
    assert names.names_for("c" * 32) == [("IMG_cccccccccccc", "IMG_cccccccccccc.ply")]


def test_a_file_counts_whatever_its_stem_is(tmp_path: Path) -> None:
    target = ExportTarget(tmp_path, tmp_path / "library")
    odd = replace(write_export(target, "IMG_depth", "a" * 32, "f" * 32), stem="something")
    names = FolderNames(target, {"c" * 32: "IMG"}, [FileForm("", "_depth.ply")])
    assert list(names.add([odd])) == ["IMG_depth.ply"]
    assert names.names_for("c" * 32)[0][0] == "IMG_cccccc"
