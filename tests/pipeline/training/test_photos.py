from __future__ import annotations

import logging
import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pipeline.catalog.address import find_catalog
from pipeline.catalog.filters import Filters
from pipeline.library import Library
from pipeline.training.photos import Photos, photos_of_folders, photos_of_library
from schemas.errors import RunError, UsageError
from schemas.records import FocalLength, FocalSource
from sharp_core.training.data.passes import Parted
from sharp_core.training.sharp.sources import HELD_OUT
from tests.support.library_of_records import RUN, done, failed, new_catalog, photo_file
from tests.support.made_photos import make_photo, make_photos


def brightness(photos: Photos, numbers) -> list[float]:
    return [float(photos.photo(number).image.mean()) for number in numbers]


def test_each_pass_shows_each_photo_once_in_another_order(tmp_path):
    make_photos(tmp_path, 6)
    photos = photos_of_folders([tmp_path], 64)
    photos.check()
    first, second = brightness(photos, range(6)), brightness(photos, range(6, 12))
    assert sorted(first) == sorted(second)
    assert len(set(first)) == 6
    assert first != second
    assert brightness(pickle.loads(pickle.dumps(photos)), range(6)) == first
    assert brightness(replace(photos, seed=1), range(6)) != first


def test_of_ten_photos_one_is_held_out(tmp_path):
    make_photos(tmp_path, 10)
    photos = photos_of_folders([tmp_path], 64)
    held_out = brightness(photos, [HELD_OUT, HELD_OUT + 1])
    assert held_out[0] == held_out[1]
    assert held_out[0] not in brightness(photos, range(18))


def test_photos_are_shrunk_and_keep_their_field_of_view(tmp_path):
    make_photo(tmp_path / "a.jpg", size=(320, 256))
    photo = photos_of_folders([tmp_path], 64).photo(0)
    assert photo.image.shape == (51, 64, 3)
    assert photo.depth_m is None
    seen = photo.camera.intrinsics
    # Without metadata: 30 mm on the diagonal of full frame.
    expected = 30 * np.hypot(320, 256) / np.hypot(36, 24)
    assert seen.fx / seen.width == pytest.approx(expected / 320, rel=1e-3)
    assert (seen.cx, seen.cy) == (32, 25.5)
    assert np.array_equal(photo.camera.viewmat, np.eye(4))


def test_a_library_gives_the_photos_that_filters_select_with_its_focal_lengths(tmp_path):
    for name in ("a", "b", "broken"):
        make_photo(tmp_path / f"{name}.jpg", size=(400, 300))
    with new_catalog(tmp_path) as catalog:
        files = {
            name: replace(photo_file(name), path=str(tmp_path / f"{name}.jpg"))
            for name in ("a", "b", "broken")
        }
        catalog.add_found([(file, None) for file in files.values()])
        catalog.record(done(files["a"]), RUN)
        far = FocalLength(8000.0, FocalSource.USER)
        catalog.record(done(files["b"], model="other", focal=far), RUN)
        catalog.record(failed(files["broken"]), RUN)
    library = Library(find_catalog(tmp_path))
    photos = photos_of_library(library, Filters(), 64)
    photos.check()
    assert sorted(photo.path[-5:] for photo in photos.photos.trained) == ["a.jpg", "b.jpg"]
    (only,) = photos_of_library(library, Filters(model="other"), 64).photos.trained
    assert only.path.endswith("b.jpg")
    seen = Photos(Parted((only,)), 64).photo(0).camera.intrinsics
    assert seen.fx / seen.width == pytest.approx(2.0)  # 8000 px of 4000


def test_a_photo_that_cannot_be_decoded_is_named_and_the_next_one_taken(tmp_path, caplog):
    make_photos(tmp_path, 2)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    photos = photos_of_folders([tmp_path], 64)
    with caplog.at_level(logging.WARNING):
        seen = brightness(photos, range(3))
    assert len(set(seen)) == 2
    assert f"not used for training: {tmp_path / 'broken.jpg'}" in caplog.text


def test_a_run_checks_its_photos_before_it_begins(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        photos_of_folders([tmp_path / "nowhere"], 64)
    with pytest.raises(UsageError, match="there is no photo to train on"):
        photos_of_folders([tmp_path], 64).check()
    (path,) = make_photos(tmp_path, 1)
    photos = photos_of_folders([tmp_path], 64)
    path.unlink()
    with pytest.raises(UsageError, match=r"1 photo is not there, such as .*photo000\.jpg"):
        photos.check()
    path.write_bytes(b"no picture")
    with pytest.raises(UsageError, match="1 in a row cannot be used for training"):
        photos.check()
    with pytest.raises(RunError, match="1 in a row cannot be used for training"):
        photos.photo(3)


def test_wide_photos_are_turned_upright(tmp_path):
    picture = Image.fromarray(np.full((300, 400, 3), 90, np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    seen = photos_of_folders([tmp_path], 160).photo(0).camera.intrinsics
    assert (seen.width, seen.height) == (120, 160)
