"""A library as other programs read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sharp_batch as sb
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import CELLS, ingest

PHOTOS = 3


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("open")
    make_photos(root / "photos", PHOTOS)
    make_photo(root / "photos" / "tiny.jpg", 9, size=(64, 48))  # skipped: it has no scene
    ingest(root / "library", root / "photos")
    return root / "library"


def test_photos_and_scenes_are_iterated_by_typed_filters(root: Path) -> None:
    with sb.open_library(root) as library:
        assert len(list(library.photos())) == PHOTOS + 1
        (tiny,) = library.photos(sb.Filters(state=sb.PhotoState.SKIPPED))
        assert (tiny.reason, tiny.scene_id) == (sb.SkipReason.TOO_SMALL, None)
        scenes = list(library.scenes())
        assert len(scenes) == PHOTOS
        first = scenes[0].record
        assert [one.record for one in library.scenes(sb.Filters(limit=1))] == [first]
        assert library.photo(first.photo_id) == first
        found = library.scene(first.photo_id)
        assert found is not None
        assert found.file == scenes[0].file
        assert library.scene(tiny.photo_id) is library.scene("0" * 32) is None
        with pytest.raises(sb.UsageError, match="no such field"):
            list(library.photos(sb.Filters(order="colour")))


def test_a_scene_is_read_as_tensors_and_arrays(root: Path) -> None:
    with sb.open_library(str(root)) as library:
        scene = next(library.scenes())
    stored = scene.read()  # also after the library is closed
    arrays = stored.gaussians.to_numpy()
    assert arrays.means.shape == (CELLS**2, 3)
    assert arrays._fields == ("means", "quats", "scales", "opacities", "colors")
    assert all(one.dtype == np.float32 for one in arrays)
    assert np.array_equal(arrays.scales, stored.gaussians.scales.numpy())
    assert (scene.info.width, scene.info.height) == (320, 256)
    assert scene.info == stored.info
    assert Path(scene.address).read_bytes() == scene.read_bytes()


def test_a_scene_is_exported_to_a_file_of_the_callers_choice(root: Path, tmp_path: Path) -> None:
    with sb.open_library(root) as library:
        scene = next(library.scenes())
    ply = scene.export("ply", tmp_path / "one.ply")
    assert len(sb.read_splat_file(ply).gaussians) == scene.record.gaussians
    settings = sb.ExportSettings(("sbs",), long_side=64)
    assert scene.export("sbs", tmp_path / "two.jpg", settings).read_bytes()[:2] == b"\xff\xd8"
    with pytest.raises(sb.UsageError, match="--kind hologram"):
        scene.export("hologram", tmp_path / "x")
    with pytest.raises(sb.UsageError, match="does not exist"):
        scene.export("ply", tmp_path / "nowhere" / "x.ply")
    assert {path.name for path in tmp_path.iterdir()} == {"one.ply", "two.jpg"}


def test_a_missing_file_is_an_error_of_its_photo(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "library")
    with sb.open_library(tmp_path / "library") as library:
        scene = next(library.scenes())
        Path(scene.address).unlink()
        with pytest.raises(sb.PhotoError, match=scene.file.splat_path.rpartition("/")[2]):
            scene.read()
        with pytest.raises(sb.PhotoError) as caught:
            scene.export("sbs", tmp_path / "x.jpg")
    assert caught.value.reason is sb.FailureReason.UNREADABLE


def test_a_library_that_is_not_there_or_closed_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(sb.UsageError, match="holds no library"):
        sb.open_library(tmp_path)
    library = sb.open_library(root)
    library.close()
    with pytest.raises(sb.UsageError, match="is closed"):
        library.photo("0" * 32)


def test_it_prints_nothing(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with sb.open_library(root) as library:
        assert repr(library) == f"OpenLibrary('{root}')"
        next(library.scenes()).read()
    assert capfd.readouterr() == ("", "")
