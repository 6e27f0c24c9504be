from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.runs.dry_run import dry_run
from jobs.runs.ingest import Ingest, IngestReport
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.flow.flow import Flow
from pipeline.flow.inline import run_inline
from pipeline.library import Library
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import LibraryBusyError, RunError, UsageError
from schemas.outcomes import Outcome, without_waiting
from schemas.records import PhotoFile, PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import ingest, trivial_model
from tests.support.whole_library import check_whole, contents


def records(library: Path) -> dict[str, PhotoRecord]:
    with Library.resolve(library).read() as connection:
        return {
            Path(record.paths[0]).name: record
            for record in find(connection, Filters())
            if record.paths
        }


def test_every_file_ends_in_exactly_one_way(messy: Path, tmp_path: Path) -> None:
    report = ingest(tmp_path / "library", messy)
    assert (report.done, report.failed, report.skipped, report.duplicates) == (3, 3, 4, 1)
    assert report.found == 11
    assert report.reasons == {
        "hidden": 1,
        "not_a_photo": 1,
        "too_small": 1,
        "too_wide": 1,
        "truncated": 2,
        "video": 1,
    }
    states = {name: (record.state, record.reason) for name, record in records_of(tmp_path).items()}
    assert states == {
        "copy of photo000.jpg": ("done", None),
        "photo001.jpg": ("done", None),
        "photo002.jpg": ("done", None),
        "cut.jpg": ("failed", "truncated"),
        "empty.jpg": ("failed", "truncated"),
        "notes.jpg": ("failed", "not_a_photo"),
        "tiny.jpg": ("skipped", "too_small"),
        "wide.jpg": ("skipped", "too_wide"),
        "thumb.jpg": ("skipped", "hidden"),
    }
    check_whole(tmp_path / "library")


def records_of(tmp_path: Path) -> dict[str, PhotoRecord]:
    return records(tmp_path / "library")


def sums(report: IngestReport) -> bool:
    parts = (report.skipped, report.duplicates, report.unchanged)
    return report.found == sum(parts) + report.done + report.failed + report.left


@pytest.mark.posix
def test_a_second_run_finds_nothing_due_and_reads_no_photo(messy: Path, tmp_path: Path) -> None:
    assert sums(ingest(tmp_path / "library", messy))
    before = contents(tmp_path / "library")
    for path in messy.rglob("*.jpg"):
        path.chmod(0)  # where the tests run as root this stops nobody, but atime tells
    times = {path: path.stat().st_atime_ns for path in messy.rglob("*.jpg")}
    report = ingest(tmp_path / "library", messy)
    assert sums(report)
    assert (report.due, report.done, report.failed) == (0, 0, 0)
    assert report.unchanged == 6
    assert times == {path: path.stat().st_atime_ns for path in messy.rglob("*.jpg")}
    assert contents(tmp_path / "library") == before


def test_inline_and_ray_make_the_same_library(messy: Path, tmp_path: Path) -> None:
    inline = ingest(tmp_path / "inline", messy)
    on_ray = ingest(tmp_path / "ray", messy, inline=False)
    assert (inline.done, inline.failed, inline.reasons) == (
        on_ray.done,
        on_ray.failed,
        on_ray.reasons,
    )
    assert contents(tmp_path / "inline") == contents(tmp_path / "ray")
    check_whole(tmp_path / "ray")


def test_a_limit_leaves_the_rest_for_the_next_run(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 5)
    first = ingest(tmp_path / "library", tmp_path / "photos", settings=IngestSettings(limit=2))
    assert (first.done, first.left, first.due) == (2, 3, 5)
    assert sums(first)
    assert ingest(tmp_path / "library", tmp_path / "photos").done == 3


def test_failed_photos_are_tried_again_only_when_asked(messy: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", messy)
    shutil.copy(messy / "photo002.jpg", tmp_path / "whole.jpg")
    report = ingest(tmp_path / "library", messy, settings=IngestSettings(retry_failed=True))
    assert (report.due, report.failed) == (3, 3)


def test_a_mended_file_is_a_new_photo(messy: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", messy)
    make_photo(messy / "cut.jpg", 77)
    report = ingest(tmp_path / "library", messy)
    assert (report.due, report.done) == (1, 1)
    assert records_of(tmp_path)["cut.jpg"].state == "done"


def test_small_and_wide_photos_are_taken_when_asked(messy: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", messy)
    settings = IngestSettings(photo=PhotoSettings(allow_small=True, allow_wide=True))
    assert ingest(tmp_path / "library", messy, settings=settings).done == 2


def test_another_focal_length_makes_other_scenes(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    settings = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))
    assert ingest(tmp_path / "library", tmp_path / "photos", settings=settings).done == 1
    (record,) = records_of(tmp_path).values()
    assert record.focal_source == "user"
    assert record.focal_px == pytest.approx(50 * (320**2 + 256**2) ** 0.5 / (36**2 + 24**2) ** 0.5)


def test_a_moved_photo_is_known_by_its_content(tmp_path: Path) -> None:
    (photo,) = make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    photo.rename(photo.with_name("renamed.jpg"))
    report = ingest(tmp_path / "library", tmp_path / "photos")
    assert (report.due, report.unchanged) == (0, 1)
    assert list(records_of(tmp_path)) == ["renamed.jpg"]


def test_a_library_inside_the_photos_is_not_taken_in(tmp_path: Path) -> None:
    make_photos(tmp_path, 2)
    assert ingest(tmp_path / "library", tmp_path).done == 2
    report = ingest(tmp_path / "library", tmp_path)
    assert (report.found, report.due) == (2, 0)


def test_a_dry_run_says_what_a_run_then_does_and_changes_nothing(
    messy: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    dry = dry_run(Library.resolve(library), [messy], IngestSettings(), trivial_model())
    assert not library.exists()
    report = ingest(library, messy)
    assert (dry.due, dry.skipped, dry.duplicates) == (3 + 3, report.skipped, report.duplicates)
    assert dry.estimated_bytes > 0
    again = dry_run(Library.resolve(library), [messy], IngestSettings(), trivial_model())
    assert (again.due, again.unchanged) == (0, 6)


def test_the_report_of_a_run_lies_in_the_library(messy: Path, tmp_path: Path) -> None:
    report = ingest(tmp_path / "library", messy)
    text = (tmp_path / "library" / "runs" / f"{report.run_id}.json").read_text()
    document = json.loads(text)
    assert document["state"] == "finished"
    assert document["done"] == 3
    assert (tmp_path / "library" / "catalog" / "photos.parquet").exists()


def test_a_missing_source_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        ingest(tmp_path / "library", tmp_path / "nowhere")
    assert not (tmp_path / "library").exists()


def test_a_held_library_is_left_to_its_holder(tmp_path: Path) -> None:

    make_photos(tmp_path / "photos", 1)
    (tmp_path / "library").mkdir()
    with (
        Library.resolve(tmp_path / "library").hold("nightly"),
        pytest.raises(LibraryBusyError, match="nightly"),
    ):
        ingest(tmp_path / "library", tmp_path / "photos")


def test_a_file_that_vanishes_mid_run_is_tried_again(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "photos", 3)

    def vanish(
        flow: Flow, files: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome]:
        known = list(files)
        photos[2].rename(tmp_path / "away.jpg")
        return without_waiting(run_inline(flow, iter(known), stop, monitor))

    run = Ingest(
        Library.resolve(tmp_path / "library"),
        [tmp_path / "photos"],
        IngestSettings(),
        trivial_model(),
        Output(quiet=True),
    )
    report = run.run(lambda: contextlib.nullcontext(vanish))
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    (tmp_path / "away.jpg").rename(photos[2])
    assert ingest(tmp_path / "library", tmp_path / "photos").done == 1


def test_a_library_that_cannot_be_written_blames_no_photo(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 2)
    library = tmp_path / "library"
    library.mkdir()
    (library / "scenes").write_text("a file where a folder has to be")
    for inline in (True, False):
        with pytest.raises(RunError, match="cannot be written"):
            ingest(library, tmp_path / "photos", inline=inline)
        assert {record.state for record in records(library).values()} == {"due"}
    (library / "scenes").unlink()
    assert ingest(library, tmp_path / "photos").done == 2


def test_a_photo_with_a_scene_stays_done_when_it_is_too_wide_for_another_run(
    tmp_path: Path,
) -> None:
    make_photo(tmp_path / "photos" / "wide.jpg", 1, (1200, 300))
    wide = IngestSettings(photo=PhotoSettings(allow_wide=True))
    assert ingest(tmp_path / "library", tmp_path / "photos", settings=wide).done == 1
    other = IngestSettings(photo=PhotoSettings(focal_35mm=50.0))
    report = ingest(tmp_path / "library", tmp_path / "photos", settings=other)
    assert (report.due, report.unchanged) == (0, 1)
    assert records_of(tmp_path)["wide.jpg"].state == "done"


def test_a_photo_that_is_excluded_now_is_no_longer_due(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 3)
    ingest(tmp_path / "library", tmp_path / "photos", settings=IngestSettings(limit=1))
    one_more = IngestSettings(limit=1)
    assert ingest(tmp_path / "library", tmp_path / "photos", settings=one_more).done == 1
    make_photos(tmp_path / "photos", 5)
    ingest(tmp_path / "library", tmp_path / "photos", settings=IngestSettings(limit=2))
    excluded = IngestSettings(exclude=("photo004*",))
    report = ingest(tmp_path / "library", tmp_path / "photos", settings=excluded)
    assert (report.due, report.reasons) == (0, {"excluded": 1})
    assert records_of(tmp_path)["photo004.jpg"].state == "skipped"
    assert ingest(tmp_path / "library", tmp_path / "photos").done == 1


def test_a_due_photo_that_was_deleted_is_forgotten(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "photos", 3)
    (tmp_path / "photos" / "broken.jpg").write_text("broken")
    ingest(tmp_path / "library", tmp_path / "photos")
    (tmp_path / "photos" / "broken.jpg").unlink()
    photos[0].unlink()
    ingest(tmp_path / "library", tmp_path / "photos")
    with Library.resolve(tmp_path / "library").read() as connection:
        states = [(r.state, bool(r.paths)) for r in find(connection, Filters())]
    assert sorted(states) == [("done", False), ("done", True), ("done", True)]


def test_times_that_fit_no_database_stop_no_run(tmp_path: Path) -> None:
    (photo,) = make_photos(tmp_path / "photos", 1)
    os.utime(photo, ns=(0, 10_413_792_000 * 10**9))
    assert ingest(tmp_path / "library", tmp_path / "photos").done == 1
    assert ingest(tmp_path / "library", tmp_path / "photos").due == 0


def test_the_snapshot_follows_a_renamed_photo(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    (photo,) = make_photos(tmp_path / "photos", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    photo.rename(photo.with_name("renamed.jpg"))
    ingest(tmp_path / "library", tmp_path / "photos")
    paths = pq.read_table(tmp_path / "library" / "catalog" / "photo_paths.parquet").to_pylist()
    assert {Path(row["path"]).name: row["missing_at"] is None for row in paths} == {
        "photo000.jpg": False,
        "renamed.jpg": True,
    }
