"""A 360° panorama through a whole run: one scene, and all that is made of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from jobs.console.output import Output
from jobs.maintenance.catalog import import_catalog
from jobs.runs.dry_run import dry_run
from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find
from pipeline.library import Library
from pipeline.scenes.convert_file import convert_file
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from schemas.records import FocalSource, PhotoRecord
from schemas.settings import IngestSettings, PhotoSettings
from sharp_core.formats.registry import read_scene
from tests.support.made_photos import make_photo
from tests.support.panoramas import whole_sphere, write_picture
from tests.support.small_exports import run
from tests.support.sphere_room import room_colors, sphere_directions
from tests.support.trivial_model import ingest, trivial_model
from tests.support.whole_library import check_whole, contents

WITH_360 = IngestSettings(photo=PhotoSettings(allow_360=True))
SIZE = (628, 314)  # 100 pixels per radian


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    pixels = room_colors(sphere_directions(SIZE[1]))
    write_picture(tmp_path / "photos" / "sphere.jpg", pixels=pixels, xmp=whole_sphere(*SIZE))
    make_photo(tmp_path / "photos" / "ordinary.jpg", 4)
    return tmp_path / "photos"


def sphere_in(library: Path) -> PhotoRecord:
    with Library.resolve(library).read() as connection:
        found = {Path(one.paths[0]).name: one for one in find(connection, Filters())}
    return found["sphere.jpg"]


def test_a_sphere_becomes_one_scene_that_later_runs_leave_alone(
    photos: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    assert ingest(library, photos).reasons == {"panorama_360": 1}
    dry = dry_run(Library.resolve(library), [photos], WITH_360, trivial_model())
    assert (dry.due, dry.reasons) == (1, {})
    report = ingest(library, photos, settings=WITH_360)
    assert (report.done, report.skipped, report.unchanged) == (1, 0, 1)
    for settings in (WITH_360, IngestSettings()):
        again = ingest(library, photos, settings=settings)
        assert (again.due, again.skipped, again.unchanged) == (0, 0, 2)
    record = sphere_in(library)
    assert (record.state, record.focal_source) == ("done", FocalSource.SPHERE)
    # The view to the front: 90 degrees across, as fine as the panorama.
    assert (record.width, record.height) == (200, 150)
    assert record.focal_px == pytest.approx(SIZE[0] / (2 * np.pi))
    check_whole(library)


def test_the_scene_goes_all_around_and_its_file_says_so(photos: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", photos, settings=WITH_360)
    path = tmp_path / "library" / str(sphere_in(tmp_path / "library").splat_path)
    scene = read_scene(path)
    assert scene.info is not None
    assert scene.info.is_360
    means = scene.gaussians.means
    unit = means / torch.linalg.vector_norm(means, dim=1, keepdim=True)
    for axis in range(3):
        assert unit[:, axis].min() < -0.7
        assert unit[:, axis].max() > 0.7


def test_pictures_show_the_front_and_splats_all_of_it(photos: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", photos, settings=WITH_360)
    run(tmp_path / "library", tmp_path / "out", ExportSettings(("sbs", "ply", "parquet")))
    (picture,) = (tmp_path / "out").rglob("sphere*SBS.jpg")
    with Image.open(picture) as image:
        width, height = image.size
    assert width / height == pytest.approx(2 * 4 / 3, rel=0.1)
    (splat,) = (tmp_path / "out").rglob("sphere*.ply")
    assert float(read_scene(splat).gaussians.means[:, 2].min()) < 0  # all of it


def test_pruning_for_one_view_is_refused(photos: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "library", photos, settings=WITH_360)
    path = tmp_path / "library" / str(sphere_in(tmp_path / "library").splat_path)
    with pytest.raises(UsageError, match="360° scene"):
        convert_file(path, tmp_path / "pruned.ply", prune=True)


def test_a_lost_catalog_is_rebuilt_with_the_scene(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    ingest(library, photos)
    shutil.copytree(library / "catalog", tmp_path / "snapshot")
    ingest(library, photos, settings=WITH_360)
    shutil.rmtree(library / "catalog")
    shutil.copytree(tmp_path / "snapshot", library / "catalog")
    for file in library.glob("catalog.sqlite*"):
        file.unlink()
    report = import_catalog(Library.resolve(library), [photos], Output(quiet=True))
    assert (report.adopted, report.loose) == (1, 0)
    record = sphere_in(library)
    assert (record.state, record.focal_source) == ("done", FocalSource.SPHERE)
    assert ingest(library, photos).due == 0


def test_ray_makes_the_same_scene(photos: Path, tmp_path: Path) -> None:
    ingest(tmp_path / "inline", photos, settings=WITH_360)
    ingest(tmp_path / "ray", photos, settings=WITH_360, inline=False)
    assert contents(tmp_path / "inline") == contents(tmp_path / "ray")
