from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.console.output import Output
from jobs.runs.convert import ConvertReport, convert_library
from jobs.runs.scene_run import scene_runner
from pipeline.catalog.filters import Filters
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.library import Library
from pipeline.scenes.conversions import ConvertStage
from pipeline.scenes.convert_file import convert_file
from pipeline.scenes.splat_details import splat_details
from schemas.errors import PhotoError, UsageError
from schemas.outcomes import Failed, Made
from schemas.records import SceneFile
from schemas.settings import IngestSettings, SplatSettings
from schemas.tables import scenes
from sharp_core.formats.registry import FORMATS, is_splat_name, read_scene, write_scene
from sharp_core.formats.spz.options import SpzOptions
from tests.support.clouds import GRID_INFO, INFO, cloud, in_order_of
from tests.support.made_photos import make_photos
from tests.support.scenes import photo_scene
from tests.support.trivial_model import ingest
from tests.support.whole_library import check_whole

PLY, SPZ = SplatSettings("ply"), SplatSettings("spz")
SOG, SMALL = SplatSettings(), SplatSettings(quality="small")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 4)
    ingest(tmp_path / "library", tmp_path / "photos", settings=IngestSettings(splat=PLY))
    return tmp_path / "library"


def convert(library: Path, settings: SplatSettings) -> ConvertReport:
    return convert_library(
        Library.resolve(library), Filters(), settings, Output(quiet=True), scene_runner(True, None)
    )


def stored(library: Path) -> list[tuple[str, str | None, str]]:
    with Library.resolve(library).read() as connection:
        columns = (scenes.c.format, scenes.c.quality, scenes.c.splat_path)
        return [tuple(row) for row in connection.execute(sa.select(*columns))]  # type: ignore[misc]


def test_scenes_of_a_library_are_brought_within_a_budget_once(library: Path) -> None:
    def within(most: int) -> ConvertReport:
        return convert_library(
            *(Library.resolve(library), Filters(), PLY, Output(quiet=True)),
            scene_runner(True, None),
            max_gaussians=most,
        )

    whole = within(64)
    assert (whole.done, whole.unchanged, whole.reduced) == (0, 4, 0)
    report = within(30)
    assert (report.done, report.reduced, report.failed) == (4, 4, 0)
    assert report.bytes_before > report.bytes > 0
    assert report.lowest_eye_db is not None
    assert report.lowest_eye_db > 10
    check_whole(library)
    for _, _, path in stored(library):
        assert len(read_scene(library / path).gaussians) == 30
    assert within(30).done == 0


def test_photos_are_not_due_again_for_another_format_and_formats_mix(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 4)
    library, photos = tmp_path / "library", tmp_path / "photos"
    for settings, limit in ((PLY, 1), (SPZ, 1), (SOG, 1), (SMALL, None)):
        ingest(library, photos, settings=IngestSettings(splat=settings, limit=limit))
    assert sorted(row[:2] for row in stored(library) if row[1] is None) == [
        ("ply", None),
        ("spz", None),
    ]
    assert sorted(row[:2] for row in stored(library) if row[1]) == [
        ("sog", "default"),
        ("sog", "small"),
    ]
    check_whole(library)
    assert ingest(library, photos, settings=IngestSettings(splat=PLY)).due == 0


@pytest.mark.parametrize("settings", [SOG, SPZ, SMALL])
def test_a_library_becomes_another_format_and_comes_back(
    library: Path, settings: SplatSettings
) -> None:
    before = sum(path.stat().st_size for path in library.rglob("*.ply"))
    report = convert(library, settings)
    assert (report.selected, report.done, report.failed) == (4, 4, 0)
    assert report.bytes_before == before
    assert {row[:2] for row in stored(library)} == {(settings.format, settings.quality)}
    check_whole(library)
    assert (convert(library, settings).done, convert(library, settings).unchanged) == (0, 4)
    assert convert(library, PLY).done == 4
    check_whole(library)
    assert ingest(library, library.parent / "photos").due == 0


def test_another_quality_never_writes_over_the_file_that_the_row_names(library: Path) -> None:
    convert(library, SOG)
    (old,) = {path.suffixes[0] for path in library.rglob("*.sog")}
    convert(library, SMALL)
    assert (old, {path.name.partition(".")[2] for path in library.rglob("*.sog")}) == (
        ".sog",
        {"small.sog"},
    )
    check_whole(library)


def test_what_a_killed_run_left_over_is_removed_and_the_rest_done(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = ConvertStage.process
    calls = []

    def dies_after_the_file(stage: ConvertStage, scene: SceneFile) -> Made | Failed:
        calls.append(process(stage, scene))
        if len(calls) == 3:  # the new file is there, and no row names it
            raise KeyboardInterrupt
        return calls[-1]

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(ConvertStage, "process", dies_after_the_file)
        convert(library, SOG)
    assert len(calls) == 3
    report = convert(library, PLY)
    assert (report.done, report.unchanged) == (2, 2)
    check_whole(library)


def test_a_damaged_scene_fails_alone(library: Path) -> None:
    next(library.rglob("*.ply")).write_bytes(b"no splat")
    report = convert(library, SOG)
    assert (report.done, report.failed, report.reasons) == (3, 1, {"unreadable": 1})
    assert convert(library, SOG).failed == 1


def test_ray_gives_the_same_files(library: Path) -> None:
    runner = RayRunner(ClusterSettings(object_store_bytes=200_000_000))
    report = convert_library(
        Library.resolve(library), Filters(), SOG, Output(quiet=True), lambda: runner
    )
    assert report.done == 4
    check_whole(library)
    on_ray = {path.name: path.read_bytes() for path in library.rglob("*.sog")}
    ingest(library.parent / "same", library.parent / "photos")
    assert on_ray == {
        path.name: path.read_bytes() for path in library.parent.rglob("same/**/*.sog")
    }


@pytest.mark.parametrize("name", ["a.ply", "b.sog", "c.spz", "d.splat", "folder/meta.json"])
def test_files_are_converted_and_shown(tmp_path: Path, name: str) -> None:
    write_scene(tmp_path / "source.ply", cloud(), INFO)
    (tmp_path / "folder").mkdir()
    conversion = convert_file(tmp_path / "source.ply", tmp_path / name)
    details = splat_details(tmp_path / name)
    assert details.bytes == conversion.bytes
    assert details.gaussians == conversion.gaussians == 500
    assert details.photo == (INFO if name.endswith(("ply", "sog", "json")) else None)
    assert details.depths_m is not None
    assert 1 < details.depths_m[0] < details.depths_m[1] < details.depths_m[2] < 7
    assert details.least[2] == pytest.approx(float(cloud().means[:, 2].min()), abs=1e-3)
    convert_file(tmp_path / name, tmp_path / "back.ply")
    back = read_scene(tmp_path / "back.ply").gaussians
    if name != "b.sog" and name != "folder/meta.json":  # where some lie on one another
        in_order_of(back, cloud())


def test_what_makes_no_sense_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.ply"
    write_scene(source, cloud())
    for to, options, message in (
        ("x.obj", None, "no splat format"),
        ("x.ply", SpzOptions(4), "no such option"),
        ("nowhere/x.ply", None, "does not exist"),
    ):
        with pytest.raises(UsageError, match=message):
            convert_file(source, tmp_path / to, options)
    source.write_bytes(source.read_bytes()[:-9])
    with pytest.raises(PhotoError, match="cut short"):
        convert_file(source, tmp_path / "x.spz")
    assert [path.name for path in tmp_path.iterdir()] == ["source.ply"]
    with pytest.raises(UsageError, match="--quality is for sog"):
        SplatSettings("spz", "high")


def test_pruned_files_hold_what_is_seen(tmp_path: Path) -> None:
    scene = photo_scene(cells=24)
    scene.opacities[100:200] = 0.0
    write_scene(tmp_path / "source.ply", scene, GRID_INFO)
    for name, is_grid in (("a.ply", False), ("b.spz", False), ("c.sog", True)):
        conversion = convert_file(tmp_path / "source.ply", tmp_path / name, prune=True)
        assert conversion.pruned >= 100
        assert conversion.pruned_psnr_db is not None
        assert conversion.pruned_psnr_db > 50
        back = read_scene(tmp_path / name).gaussians
        assert len(back) == conversion.gaussians
        assert len(back) == len(scene) - (0 if is_grid else conversion.pruned)


def test_show_knows_every_format() -> None:
    suffixes = {suffix for known in FORMATS for suffix in known.all_suffixes}
    assert suffixes >= {".sog", ".spz", ".ply", ".splat", ".ksplat"}
    names = [*(f"folder/scene{suffix}" for suffix in suffixes), "folder/meta.json"]
    assert all(is_splat_name(name) for name in names)
    assert not is_splat_name("folder/photo.jpg")


def test_only_the_scenes_that_filters_select_are_converted(library: Path) -> None:
    def convert_selected(filters: Filters) -> ConvertReport:
        runner = scene_runner(True, None)
        return convert_library(Library.resolve(library), filters, SPZ, Output(quiet=True), runner)

    assert convert_selected(Filters(path="*no such*")).done == 0
    report = convert_selected(Filters(path="*photo001*"))
    assert (report.done, report.unchanged) == (1, 0)
    assert convert_selected(Filters()).unchanged == 1
