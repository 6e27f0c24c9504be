"""Damage of every kind done to a library, found, and put right by the next run."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.console.output import Output
from jobs.maintenance.verify import VerifyReport, verify
from jobs.runs.preview import preview
from pipeline.catalog.address import find_catalog
from pipeline.catalog.database import open_database
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.work.map_scenes import InlineSceneRunner
from schemas.choices import PreviewKind
from schemas.errors import UsageError
from schemas.export_settings import PreviewSettings
from schemas.records import PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings, VerifySettings
from schemas.tables import photos, scenes
from tests.support.cli import run
from tests.support.made_photos import make_photos
from tests.support.trivial_model import ingest
from tests.support.whole_library import check_whole, contents, files

PHOTOS = 3


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", PHOTOS)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


def check(library: Path, url: str | None = None, **settings: bool | int) -> VerifyReport:
    return verify(Library.resolve(library, url), VerifySettings(**settings), Output(quiet=True))  # type: ignore[arg-type]


def records(library: Path) -> list[PhotoRecord]:
    with Library.resolve(library).read() as reader:
        return list(find(reader, Filters(order="photo_id")))


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def test_a_whole_library_is_whole(library: Path) -> None:
    report = check(library)
    assert (report.scenes, report.files, report.damaged) == (PHOTOS, 2 * PHOTOS, 0)
    assert report.bytes == sum(
        (library / path).stat().st_size
        for folder in ("scenes", "thumbs")
        for path in files(library, folder)
    )


@pytest.mark.parametrize("folder", ["scenes", "thumbs"])
@pytest.mark.parametrize(
    ("damage", "problem", "is_seen_quickly"),
    [(Path.unlink, "missing", True), (grow, "size", True), (change, "checksum", False)],
)
def test_damage_is_found_repaired_and_made_again(
    library: Path,
    folder: str,
    damage: Callable[[Path], None],
    problem: str,
    is_seen_quickly: bool,
) -> None:
    before = contents(library)
    (hurt, *_) = files(library, folder)
    damage(library / hurt)
    assert check(library, quick=True).damaged == int(is_seen_quickly)
    found = check(library)
    assert found.problems == {problem: 1}
    assert (found.damages[0]["path"], found.repaired) == (hurt, 0)
    assert check(library, repair=True).repaired == 1
    report = ingest(library, library.parent / "photos")
    assert report.done == (folder == "scenes")
    check_whole(library)
    assert contents(library) == before
    assert check(library).damaged == 0


def test_a_scene_that_cannot_be_read_is_found_though_its_bytes_are_as_written(
    library: Path,
) -> None:
    record = records(library)[0]
    assert record.splat_path is not None
    data = b"ply\nnonsense\n"
    (library / record.splat_path).write_bytes(data)
    engine = open_database(find_catalog(library))
    with engine.begin() as connection:
        values = {"splat_bytes": len(data), "splat_sha256": hashlib.sha256(data).hexdigest()}
        row = scenes.c.scene_id == record.scene_id
        connection.execute(scenes.update().where(row).values(**values))
    assert check(library).problems == {"unreadable": 1}


def test_a_damaged_scene_whose_photo_is_gone_or_changed_is_kept(library: Path) -> None:
    first, second, _ = records(library)
    for record in (first, second):
        change(library / str(record.splat_path))
    Path(first.paths[0]).unlink()
    grow(Path(second.paths[0]))
    report = check(library, repair=True)
    assert (report.damaged, report.repaired) == (2, 0)
    assert len(files(library, "scenes")) == PHOTOS


def test_an_older_scene_is_shown_where_the_best_is_lost(library: Path) -> None:
    photo = library.parent / "photos"
    old = {record.photo_id: record.scene_id for record in records(library)}
    ingest(library, photo, settings=IngestSettings(photo=PhotoSettings(focal_35mm=50.0)))
    best = records(library)[0]
    (library / str(best.splat_path)).unlink()
    assert check(library, repair=True).repaired == 1
    now = records(library)[0]
    assert (now.state, now.scene_id) == ("done", old[now.photo_id])


def test_a_preview_that_is_lost_is_made_again(library: Path) -> None:
    stills = PreviewSettings((PreviewKind.STILL,), long_side=16)

    def preview_one() -> None:
        runner = lambda: contextlib.nullcontext(InlineSceneRunner())  # noqa: E731
        preview(Library.resolve(library), Filters(limit=1), stills, Output(quiet=True), runner)

    preview_one()
    (still,) = files(library, "previews")
    change(library / still)
    assert check(library, repair=True).problems == {"checksum": 1}
    assert files(library, "previews") == []
    preview_one()
    assert files(library, "previews") == [still]
    assert check(library).damaged == 0


def test_a_photo_whose_scene_lost_its_row_is_due_again(library: Path) -> None:
    engine = open_database(find_catalog(library))
    with engine.begin() as connection:
        lost = sa.select(photos.c.scene_id).limit(1)
        connection.execute(scenes.delete().where(scenes.c.scene_id == connection.scalar(lost)))
    assert check(library).problems == {"no_scene": 1}
    assert check(library, repair=True).repaired == 1
    assert ingest(library, library.parent / "photos").done == 1
    check_whole(library)


def test_samples_go_round_and_damage_comes_first_again(
    tmp_path: Path, catalog_url: str | None
) -> None:
    make_photos(tmp_path / "photos", PHOTOS)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos", catalog=catalog_url)
    with Library.resolve(library).read() as reader:
        query = sa.select(scenes.c.splat_path).order_by(scenes.c.scene_id)
        (_, second, _) = reader.scalars(query).all()
    change(library / second)
    seen = [check(library, catalog_url, sample=1).damaged for _ in range(4)]
    assert seen == [0, 1, 1, 1]
    assert check(library, catalog_url, sample=2).damaged == 1
    with Library.resolve(library).read() as reader:
        times = reader.scalars(sa.select(scenes.c.verified_at)).all()
    assert times.count(None) == 1


def test_the_command_says_what_it_found_and_ends_with_5(library: Path) -> None:
    good = run("verify", "--library", library, "--json")
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["damaged"] == 0
    (hurt, *_) = files(library, "scenes")
    (library / hurt).unlink()
    bad = run("verify", "--library", library)
    assert bad.returncode == 5
    assert f"{hurt}: missing" in bad.stdout


def test_a_sample_of_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--sample"):
        VerifySettings(sample=0)
