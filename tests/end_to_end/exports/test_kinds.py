"""What the files of an export hold, kind by kind, and what is written in them of their photo."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from jobs.runs.export import ExportOrder, dry_export
from pipeline.catalog.filters import Filters
from pipeline.exports.kind import KindGroup
from pipeline.exports.registry import KINDS
from pipeline.library import Library
from schemas.choices import ImageFormat, QuiltDevice
from schemas.settings import IngestSettings, PhotoSettings
from sharp_core.formats.registry import FORMATS, formats_written_here, read_scene
from sharp_core.spatial.check import check_spatial
from tests.support.made_photos import make_photo
from tests.support.paths import PHOTOS
from tests.support.small_exports import (
    QUICK,
    ROOT,
    check_whole,
    exported,
    manifest,
    run,
    start,
)
from tests.support.trivial_model import ingest
from tests.support.waiting import PATIENCE_SECONDS


def test_every_kind_is_written_and_means_what_it_says(tmp_path: Path, to: Path) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    library = tmp_path / "library"
    ingest(library, tmp_path / "photos")
    # The viewer of pages may not be built.
    kinds = tuple(kind.name for kind in KINDS if kind.group != KindGroup.PAGES)
    small_prints = {"quilt": QuiltDevice.FIRST_8_9, "lpi": 40.0, "dpi": 200, "print_width_mm": 50.0}
    report = run(library, to, replace(QUICK, kinds=kinds, **small_prints))
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
    for name in [entry.name for entry in formats_written_here()]:
        suffix = FORMATS.get(name).suffixes[0]
        read = read_scene(io.BytesIO(one[suffix]), format_name=name)
        assert len(read.gaussians) == len(scene)
    assert one[".sog"] == next((library / "scenes").rglob("*.sog")).read_bytes()


def test_pngs_instead_of_jpegs(library: Path, to: Path) -> None:
    run(library, to, replace(QUICK, image_format=ImageFormat.PNG))
    assert all(name.endswith("_LRF_Full_SBS.png") for name in exported(to))


def test_files_have_the_time_and_the_metadata_of_their_photo(tmp_path: Path, to: Path) -> None:
    photo = Image.open(PHOTOS / "mongolels.jpg")
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
    photo = shutil.copy(PHOTOS / "IMG_2682.heic", tmp_path / "photos")
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


def test_a_spatial_photo_is_checked_on_the_command_line(library: Path, to: Path) -> None:
    process = start(library, to, "--kind", "spatial-heic", "--limit", "1")
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
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


def test_a_tele_photo_gets_no_spatial_photo_but_its_other_files(tmp_path: Path, to: Path) -> None:
    make_photo(tmp_path / "photos" / "moon.jpg", 1)
    library = tmp_path / "library"
    tele = IngestSettings(photo=PhotoSettings(focal_35mm=800))
    ingest(library, tmp_path / "photos", settings=tele)
    settings = replace(QUICK, kinds=("spatial-heic", "sbs"))
    planned = dry_export(Library.resolve(library), ExportOrder(to, Filters(), settings))
    assert planned.files == ("moon_LRF_Full_SBS.jpg",)
    assert [text.split(":")[0] for text in planned.left_out] == ["moon_spatial.heic"]
    report = run(library, to, settings)
    assert (report.done, report.failed, report.files, report.left_out) == (1, 0, 1, 1)
    assert list(exported(to)) == ["moon_LRF_Full_SBS.jpg"]
    check_whole(library, to)
    before = {path: path.stat().st_mtime_ns for path in to.iterdir()}
    again = run(library, to, settings)
    assert (again.selected, again.unchanged, again.done, again.left_out) == (1, 1, 0, 1)
    assert {path: path.stat().st_mtime_ns for path in to.iterdir()} == before


@pytest.mark.parametrize("focal_35mm", [150, 12])
def test_spatial_photos_of_extreme_lenses_pass_the_check(
    tmp_path: Path, to: Path, focal_35mm: float
) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    library = tmp_path / "library"
    lens = IngestSettings(photo=PhotoSettings(focal_35mm=focal_35mm))
    ingest(library, tmp_path / "photos", settings=lens)
    assert run(library, to, replace(QUICK, kinds=("spatial-heic",))).files == 1
    report = check_spatial((to / "one_spatial.heic").read_bytes())
    assert report.errors == []
    assert not any("angle of view" in text for text in report.warnings)
