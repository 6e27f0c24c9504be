"""A folder of exports: what is written there, under which names, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.runs.export import ExportOrder, checked_target, dry_export
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.writer import CatalogWriter
from pipeline.library import Library
from schemas.errors import UsageError
from schemas.tables import artifacts, scenes
from sharp_core.formats.registry import read_scene
from tests.support.made_photos import make_photo
from tests.support.small_exports import (
    QUICK,
    check_whole,
    exported,
    manifest,
    run,
)
from tests.support.trivial_model import ingest


def test_a_second_run_writes_nothing(library: Path, to: Path) -> None:
    assert run(library, to).done == 3
    times = {path: path.stat().st_mtime_ns for path in to.rglob("*.jpg")}
    report = run(library, to)
    assert (report.done, report.unchanged) == (0, 3)
    assert {path: path.stat().st_mtime_ns for path in to.rglob("*.jpg")} == times
    check_whole(library, to)


def test_what_is_lost_altered_or_of_other_settings_is_written_again(
    library: Path, to: Path
) -> None:
    run(library, to)
    first, second, _ = sorted(to.glob("*.jpg"))
    before = exported(to)
    first.unlink()
    second.write_bytes(b"x" * second.stat().st_size)
    assert run(library, to).done == 2
    assert exported(to) == before
    assert run(library, to, replace(QUICK, max_disparity=0.01)).done == 3
    assert run(library, to, replace(QUICK, max_disparity=0.01, seconds=0.4)).done == 0
    assert run(library, to, replace(QUICK, max_disparity=0.01), overwrite=True).done == 3
    assert exported(to).keys() == before.keys()
    check_whole(library, to)


@pytest.mark.parametrize("old_is_gone", [False, True])
def test_a_better_scene_takes_the_place_of_the_old_one(
    library: Path, to: Path, old_is_gone: bool
) -> None:
    run(library, to)
    with CatalogWriter(open_database(find_catalog(library))) as catalog, catalog.connection.begin():
        row = catalog.connection.execute(sa.select(scenes).limit(1)).one()
        better = {**row._mapping, "scene_id": "f" * 32, "model": "sharp"}
        catalog.connection.execute(scenes.insert().values(better))
        catalog.connection.execute(
            sa.text("UPDATE photos SET scene_id = :new WHERE photo_id = :id"),
            {"new": "f" * 32, "id": row.photo_id},
        )
        if old_is_gone:
            for table in (artifacts, scenes):
                old = table.c.scene_id == row.scene_id
                catalog.connection.execute(table.delete().where(old))
    report = run(library, to)
    assert (report.done, report.unchanged, len(exported(to))) == (1, 2, 3)
    assert "f" * 32 in {line["scene_id"] for line in manifest(to).values()}


def test_a_file_of_somebody_elses_is_never_touched(library: Path, to: Path) -> None:
    to.mkdir()
    name = "photo000_LRF_Full_SBS.jpg"
    (to / name).write_text("holiday")
    for overwrite in (False, True, False):
        run(library, to, overwrite=overwrite)
        found = exported(to)
        assert found.pop(name) == b"holiday"
        assert len(found) == 3
        assert [n for n in found if n.startswith("photo000_")] != []
    assert name not in manifest(to)


@pytest.mark.parametrize("name", ["sharp-batch-manifest.jsonl", "sharp-batch-manifest.csv"])
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_has_a_manifests_name_and_is_none_is_left_alone(
    library: Path, to: Path, name: str, is_folder: bool
) -> None:
    to.mkdir()
    if is_folder:
        (to / name).mkdir()
    else:
        (to / name).write_text("my notes\n")
    with pytest.raises(UsageError, match="is not a manifest of sharp-batch"):
        run(library, to)
    assert [path.name for path in to.iterdir()] == [name]
    assert is_folder or (to / name).read_text() == "my notes\n"


def test_a_protected_file_fails_alone(
    library: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(library, to)
    protected, replace_file = sorted(to.glob("*.jpg"))[0], Path.replace

    def refuse(
        self: Path, target: Path
    ) -> Path:  # as a file in use on Windows, or an immutable one
        if target == protected:
            raise PermissionError(1, "Operation not permitted")
        return replace_file(self, target)

    before = protected.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        report = run(library, to, replace(QUICK, max_disparity=0.01))
    assert (report.done, report.failed) == (2, 1)
    assert protected.read_bytes() == before
    assert run(library, to, replace(QUICK, max_disparity=0.01)).done == 1
    check_whole(library, to)


def test_a_folder_in_the_library_is_refused(library: Path, to: Path) -> None:
    def order(folder: Path) -> ExportOrder:
        return ExportOrder(folder, Filters(), QUICK)

    drive = Path(library.anchor)
    for root, folder in ((library, library), (library, library / "new"), (drive, to)):
        with pytest.raises(UsageError, match="lies in the library"):
            checked_target(root, order(folder))
    beside = library.with_name(f"{library.name} 2")
    assert checked_target(library, order(beside)).folder == beside


def test_a_file_in_the_way_of_a_folder_is_named_before_anything_is_done(
    library: Path, to: Path
) -> None:
    to.mkdir()
    (to / "undated").write_text("holiday")
    with pytest.raises(UsageError, match="undated is no folder"):
        run(library, to, replace(QUICK, name="{taken:%Y}/{stem}"))
    assert exported(to) == {"undated": b"holiday"}
    assert run(library, to).done == 3


def test_photos_of_one_name_get_names_that_do_not_depend_on_the_run(tmp_path: Path) -> None:
    for index, folder in enumerate("abc"):
        make_photo(tmp_path / "photos" / folder / "IMG_1.jpg", index)
    ingest(tmp_path / "library", tmp_path / "photos")
    names = []
    for number, order in enumerate((None, "-photo_id", "photo_id")):
        to = tmp_path / f"exports{number}"
        run(tmp_path / "library", to, filters=Filters(order=order))
        names.append({n: line["photo_id"] for n, line in manifest(to).items()})
    assert names[0] == names[1] == names[2]
    assert len(names[0]) == 3
    # One of them alone, and the others later: nobody's name is taken away.
    to = tmp_path / "one by one"
    for folder in "cab":
        run(tmp_path / "library", to, filters=Filters(path=f"*/{folder}/*"))
    assert len(exported(to)) == 3
    more = run(tmp_path / "library", to, replace(QUICK, kinds=("sbs", "tb")))
    assert more.files == 3
    stems = {line["photo_id"]: line["stem"] for line in manifest(to).values()}
    assert len(set(stems.values())) == 3
    check_whole(tmp_path / "library", to)


def test_names_follow_the_template_into_folders(library: Path, to: Path) -> None:
    run(library, to, replace(QUICK, name="{taken:%Y/%m}/{photo_id:.4}_{stem}"))
    assert all(name.startswith("undated/") and "_photo00" in name for name in exported(to))
    check_whole(library, to)


def test_a_photo_that_is_gone_keeps_its_name_and_its_place_in_the_manifest(
    library: Path, to: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photos" / "photo001.jpg"
    photo.unlink()
    ingest(library, tmp_path / "photos")
    run(library, to)
    assert manifest(to)["photo001_LRF_Full_SBS.jpg"]["source_paths"] == [str(photo)]


def test_two_folders_know_nothing_of_each_other(library: Path, tmp_path: Path) -> None:
    run(library, tmp_path / "a")
    run(library, tmp_path / "a" / "b")
    assert run(library, tmp_path / "a").unchanged == 3
    assert len(manifest(tmp_path / "a")) == len(manifest(tmp_path / "a" / "b")) == 3


def test_a_folder_that_was_moved_is_known_by_its_manifest(library: Path, to: Path) -> None:
    run(library, to)
    moved = to.rename(to.with_name("moved"))
    assert (run(library, moved).done, run(library, moved).unchanged) == (0, 3)
    check_whole(library, moved)


def test_two_libraries_share_a_folder(library: Path, to: Path, tmp_path: Path) -> None:
    make_photo(tmp_path / "more" / "photo000.jpg", 77)
    ingest(tmp_path / "other", tmp_path / "more")
    run(library, to)
    run(tmp_path / "other", to)
    assert len(exported(to)) == len(manifest(to)) == 4
    assert run(library, to).unchanged == 3
    assert len(manifest(to)) == 4


def test_a_dry_run_says_what_a_run_writes_and_changes_nothing(library: Path, to: Path) -> None:
    plan = dry_export(Library.resolve(library), ExportOrder(to, Filters(), QUICK))
    assert (plan.due, not to.exists()) == (3, True)
    run(library, to)
    assert set(plan.files) == set(exported(to))
    assert dry_export(Library.resolve(library), ExportOrder(to, Filters(), QUICK)).files == ()


def test_on_ray_the_files_are_the_same(library: Path, to: Path, tmp_path: Path) -> None:
    run(library, tmp_path / "inline")
    run(library, to, inline=False)
    assert exported(to) == exported(tmp_path / "inline")
    check_whole(library, to)


def test_splats_are_written_within_a_budget_and_the_library_stays_whole(
    library: Path, to: Path
) -> None:
    with Library.resolve(library).read() as connection:
        counts = connection.scalars(sa.select(scenes.c.gaussians)).all()
    most = min(counts) - 34
    small = replace(QUICK, kinds=("ply", "sbs"), max_gaussians=most)
    report = run(library, to, small)
    assert (report.done, report.reduced) == (3, 3)
    for file in to.glob("*.ply"):
        assert len(read_scene(file).gaussians) == most
        facts = manifest(to)[file.name]["facts"]
        assert facts["gaussians"] == most
        assert facts["eye_db"] >= report.lowest_eye_db
    assert run(library, to, small).done == 0
    assert run(library, to, replace(small, max_gaussians=None)).done == 3
    assert len(read_scene(next(to.glob("*.ply"))).gaussians) in counts
    check_whole(library, to)
