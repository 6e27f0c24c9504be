"""Exports of small libraries: what is written, what is left alone, and what happens on the way."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from PIL import Image

from jobs.each_run import each_runner
from jobs.export import ExportOrder, ExportReport, dry_export, export
from jobs.output import Output
from pipeline.catalog import Catalog
from pipeline.database import open_database, read_catalog
from pipeline.exports.exported import MANIFEST
from pipeline.exports.registry import KINDS
from pipeline.local_files import TEMPORARY_PREFIX
from pipeline.lock import hold
from pipeline.query import Filters
from schemas.errors import LibraryBusyError, UsageError
from schemas.settings import ExportSettings, ImageFormat
from schemas.tables import artifacts, scenes
from sharp_core.formats.registry import FORMATS, read_scene
from sharp_core.spatial.check import check_spatial
from tests.conftest import DATA
from tests.made_photos import make_photo, make_photos
from tests.trivial_model import ingest

ROOT = Path(__file__).parents[2]
QUICK = ExportSettings(("sbs",), long_side=64, clip_long_side=64, seconds=0.2)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 3)
    ingest(tmp_path / "library", tmp_path / "photos")
    return tmp_path / "library"


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "exports"


def run(
    library: Path,
    to: Path,
    settings: ExportSettings = QUICK,
    inline: bool = True,
    **order: Any,
) -> ExportReport:
    filters = order.pop("filters", Filters())
    return export(
        library,
        ExportOrder(to, filters, settings, **order),
        Output(quiet=True),
        each_runner(inline, None),
    )


def exported(to: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(to)): path.read_bytes()
        for path in sorted(to.rglob("*"))
        if path.is_file() and not path.name.startswith(MANIFEST)
    }


def manifest(to: Path) -> dict[str, dict[str, Any]]:
    lines = (to / f"{MANIFEST}.jsonl").read_text().splitlines()
    return {line["file"]: line for line in map(json.loads, lines)}


def check_whole(library: Path, to: Path) -> None:
    """Assert that catalog, both manifests and the folder agree, and nothing is half-written."""
    found = exported(to)
    assert not [name for name in found if Path(name).name.startswith(TEMPORARY_PREFIX)]
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    assert {name: line["sha256"] for name, line in manifest(to).items()} == sums
    with (to / f"{MANIFEST}.csv").open(newline="") as file:
        assert {row["file"]: row["sha256"] for row in csv.DictReader(file)} == sums
    with read_catalog(library) as connection:
        rows = connection.execute(sa.select(artifacts).where(artifacts.c.kind.like("export:%")))
        recorded = {row.path: row.sha256 for row in rows}
    prefix = f"{to.resolve()}/"
    recorded = {path.removeprefix(prefix): s for path, s in recorded.items() if prefix in path}
    assert recorded == sums


def test_every_kind_is_written_and_means_what_it_says(tmp_path: Path, to: Path) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos")
    kinds = tuple(name for name in KINDS if name != "html")  # whose viewer may not be built
    report = run(library, to, replace(QUICK, kinds=kinds))
    assert (report.done, report.failed, report.files) == (1, 0, len(kinds))
    check_whole(library, to)
    found = exported(to)
    assert len(found) == len(kinds)
    one = {name.removeprefix("one"): data for name, data in found.items()}
    scene = read_scene(next((library / "scenes").rglob("*.sog"))).gaussians
    width, height = 64, 52
    for suffix, size in (
        ("_LRF_Full_SBS.jpg", (2 * width, height)),
        ("_LR_HSBS.jpg", (width, height)),
        ("_RLF_cross.jpg", (2 * width, height)),
        ("_TBF_fulltb.jpg", (width, 2 * height)),
        ("_redcyan_dubois.jpg", (width, height)),
        (".jps", (2 * width, height)),
        (".mpo", (width, height)),
        ("_depth.png", (width, height)),
        ("_depth_color.png", (width, height)),
        ("_wiggle.gif", (width, height)),
        (".webp", (width, height)),
        (".gif", (width, height)),
    ):
        with Image.open(io.BytesIO(one[suffix])) as picture:
            picture.load()
            assert picture.size == size, suffix
    left_first = np.asarray(Image.open(io.BytesIO(one["_LRF_Full_SBS.jpg"])), int)
    right_first = np.asarray(Image.open(io.BytesIO(one["_RLF_cross.jpg"])), int)
    assert np.abs(np.roll(left_first, width, 1) - right_first).mean() < 3
    spatial = check_spatial(one["_spatial.heic"])
    facts = manifest(to)["one_spatial.heic"]["facts"]
    assert spatial.camera is not None
    assert 1000 * spatial.camera.baseline_m == pytest.approx(facts["baseline_mm"], abs=1e-3)
    assert spatial.camera.disparity == pytest.approx(facts["disparity"], abs=1e-4)
    depth = np.asarray(Image.open(io.BytesIO(one["_depth.png"])))
    assert depth.dtype == np.uint16
    assert set(np.unique(depth)) <= {0, *range(990, 1011)}  # a grid that stands at one metre
    assert pq.read_table(io.BytesIO(one[".parquet"])).num_rows == len(scene)
    for name in FORMATS:
        suffix = FORMATS[name].suffixes[0]
        read = read_scene(io.BytesIO(one[suffix]), format_name=name)
        assert len(read.gaussians) == len(scene)
    assert one[".sog"] == next((library / "scenes").rglob("*.sog")).read_bytes()


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
    with Catalog(open_database(library)) as catalog, catalog.connection.begin():
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
    plan = dry_export(library, ExportOrder(to, Filters(), QUICK))
    assert (plan.due, not to.exists()) == (3, True)
    run(library, to)
    assert set(plan.files) == set(exported(to))
    assert dry_export(library, ExportOrder(to, Filters(), QUICK)).files == ()


def test_pngs_instead_of_jpegs(library: Path, to: Path) -> None:
    run(library, to, replace(QUICK, image_format=ImageFormat.PNG))
    assert all(name.endswith("_LRF_Full_SBS.png") for name in exported(to))


def test_files_have_the_time_and_the_metadata_of_their_photo(tmp_path: Path, to: Path) -> None:
    photo = Image.open(DATA / "photos" / "mongolels.jpg")
    exif = photo.getexif()
    exif[0x8769] = {0x9003: "2019:07:14 18:30:00", 0x9011: "+02:00"}
    (tmp_path / "photos").mkdir()
    photo.resize((320, 256)).save(tmp_path / "photos" / "a.jpg", exif=exif)
    photo.close()
    ingest(tmp_path / "library", tmp_path / "photos")
    run(tmp_path / "library", to, replace(QUICK, kinds=("sbs", "mp4", "spatial-heic", "webp")))
    for path in to.glob("a*"):
        assert path.stat().st_mtime == 1563121800
    with Image.open(to / "a_LRF_Full_SBS.jpg") as sbs, Image.open(to / "a.webp") as webp:
        for picture in (sbs, webp):
            assert picture.getexif().get_ifd(0x8769)[0x9003] == "2019:07:14 18:30:00"
    mp4 = (to / "a.mp4").read_bytes()
    assert b"2019-07-14T18:30:00+02:00" in mp4
    header = mp4.index(b"mvhd") + 4
    since_1904 = int.from_bytes(mp4[header + 4 : header + 8], "big")
    assert since_1904 == 1563121800 + 2082844800


def exiftool(*paths: Path) -> list[dict[str, Any]]:
    tool = shutil.which("exiftool")
    if tool is None:
        pytest.skip("needs exiftool")
    wanted = ("DateTimeOriginal", "CreationDate", "Make", "Model", "GPSLatitude", "GPSLongitude")
    command = [tool, "-j", "-n", *(f"-{tag}" for tag in wanted), *map(str, paths)]
    found: list[dict[str, Any]] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    for tags in found:
        tags.pop("SourceFile")
        if "CreationDate" in tags:
            tags["DateTimeOriginal"] = tags.pop("CreationDate")[:19]
    return found


def test_exiftool_finds_date_place_and_camera_of_the_photo_in_its_exports(
    tmp_path: Path, to: Path
) -> None:
    (tmp_path / "photos").mkdir()
    photo = shutil.copy(DATA / "photos" / "IMG_2682.heic", tmp_path / "photos")
    (source,) = exiftool(photo)
    assert len(source) == 5
    ingest(tmp_path / "library", tmp_path / "photos")
    kinds = tuple("spatial-heic sbs anaglyph mpo jps mp4 webp depth depth-color".split())
    settings = replace(QUICK, kinds=kinds, image_format=ImageFormat.PNG)
    run(tmp_path / "library", to, settings)
    files = sorted(to.glob("IMG*"))
    for file, tags in zip(files, exiftool(*files), strict=True):
        for name, value in source.items():
            near = pytest.approx(value, abs=1e-4) if isinstance(value, float) else value
            assert tags[name] == near, (file, name)
    run(tmp_path / "library", to, replace(settings, strip_gps=True))
    for tags in exiftool(*files):
        assert not [name for name in tags if name.startswith("GPS")]
        assert tags["Model"] == source["Model"]


def test_on_ray_the_files_are_the_same(library: Path, to: Path, tmp_path: Path) -> None:
    run(library, tmp_path / "inline")
    run(library, to, inline=False)
    assert exported(to) == exported(tmp_path / "inline")
    check_whole(library, to)


def test_a_damaged_scene_fails_alone(library: Path, to: Path) -> None:
    next((library / "scenes").rglob("*.sog")).write_bytes(b"no splat")
    report = run(library, to)
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    check_whole(library, to)


@pytest.mark.parametrize("kind", ["sog", "sbs"])
def test_a_scene_whose_file_is_gone_fails_alone(library: Path, to: Path, kind: str) -> None:
    next((library / "scenes").rglob("*.sog")).unlink()
    report = run(library, to, replace(QUICK, kinds=(kind,)))
    assert (report.done, report.failed, report.reasons) == (2, 1, {"unreadable": 1})
    check_whole(library, to)


def test_what_makes_no_sense_is_refused_before_anything_is_done(library: Path, to: Path) -> None:
    for wrong in (
        {"kinds": ("hologram",)},
        {"name": "{nothing}"},
        {"baseline_mm": -1.0},
        {"converge_m": 0.0},
        {"max_disparity": 9.0},
    ):
        with pytest.raises(UsageError):
            run(library, to, replace(QUICK, **wrong))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="in the library"):
        run(library, library / "exports")
    for settings in ({"kinds": ()}, {"views": 9}, {"long_side": 1}, {"seconds": 0.0}):
        with pytest.raises(UsageError):
            replace(QUICK, **settings)  # type: ignore[arg-type]
    assert not to.exists()


def test_two_at_once_are_refused(library: Path, to: Path) -> None:
    with hold(library, "ingest"), pytest.raises(LibraryBusyError):
        run(library, to)


def start(library: Path, to: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "export", "--inline"]
    command += ["--json", "--library", str(library), "--to", str(to), "--width", "512", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_twice_and_run_again_every_file_is_whole_and_none_is_double(
    tmp_path: Path, to: Path
) -> None:
    make_photos(tmp_path / "photos", 8)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos")
    kinds = ("--kind", "sbs", "--kind", "ply", "--kind", "depth")
    for count in (3, 11):
        process = start(library, to, *kinds)
        while len(list(to.glob("photo*"))) < count:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(library, to, *kinds)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert 0 < json.loads(out)["done"] < 8
    assert len(exported(to)) == 24
    check_whole(library, to)


def test_a_spatial_photo_is_checked_on_the_command_line(library: Path, to: Path) -> None:
    process = start(library, to, "--kind", "spatial-heic", "--limit", "1")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    (good,) = to.glob("*.heic")
    bad = to / "bad.heic"
    bad.write_bytes(good.read_bytes()[:-100])
    command = [sys.executable, "-c", "from jobs.cli import main; main()", "export", "--check"]
    for files, code in (([good], 0), ([good, bad], 1)):
        answer = subprocess.run(
            [*command, *map(str, files), "--json"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert answer.returncode == code, answer.stderr
        assert [one["is_good"] for one in json.loads(answer.stdout)] == [True, False][: len(files)]


def mounted(disk: Path, options: str) -> None:
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")


@pytest.fixture
def fixed_disk(tmp_path: Path) -> Iterator[Path]:
    mounted(tmp_path / "disk", "ro,size=64k")
    yield tmp_path / "disk"
    subprocess.run(["umount", str(tmp_path / "disk")], check=True)


def test_a_folder_that_cannot_be_written_to_is_refused_at_once(
    library: Path, fixed_disk: Path
) -> None:
    for to in (fixed_disk, fixed_disk / "to"):
        with pytest.raises(UsageError, match="cannot be written to"):
            run(library, to)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mounted(tmp_path / "disk", "size=64k")
    yield tmp_path / "disk"
    subprocess.run(["umount", str(tmp_path / "disk")], check=True)


def test_a_full_disk_ends_the_run_and_the_next_goes_on(library: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(50_000))
    settings = replace(QUICK, kinds=("ply",))
    report = run(library, small_disk / "to", settings)
    assert report.reasons == {"disk_full": 1}
    assert report.left > 0
    assert not report.has_manifest
    ballast.unlink()
    assert run(library, small_disk / "to", settings).failed == 0
    check_whole(library, small_disk / "to")
