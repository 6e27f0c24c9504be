import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sharp_core.models.small.config import GROUND, OTHER, PERSON, SKY
from sharp_core.training.small.photos import (
    LabelledPhoto,
    find_photos,
    read_classes,
    read_label,
    without_twins,
)


def test_labels_are_scaled_as_their_readme_says(tmp_path):
    stored = np.array([[0, 128 * 511, 40000]], dtype=np.uint16)
    Image.fromarray(stored).save(tmp_path / "label.png")
    expected = stored / 128 / 511 * 1.4 - 0.1
    np.testing.assert_allclose(read_label(tmp_path / "label.png"), expected, rtol=1e-5)


def test_classes_are_merged_to_four(tmp_path):
    stored = np.arange(32, dtype=np.uint8)[None]
    Image.fromarray(stored).save(tmp_path / "classes.png")
    files = LabelledPhoto(tmp_path, tmp_path, tmp_path / "classes.png")
    merged = read_classes(files)[0]
    ground = {4, 7, 10, 12, 14, 22, 27, 29, 30}
    for label, kind in enumerate(merged):
        expected = {3: SKY, 13: PERSON}.get(label, GROUND if label in ground else OTHER)
        assert kind == expected, label
    without_persons = read_classes(replace(files, animal=True))[0]
    assert np.array_equal(without_persons, np.where(merged == PERSON, OTHER, merged))


def test_photos_of_animals_are_known_by_their_origin(tmp_path, photo_folder):
    folder = tmp_path / "depth"
    shutil.copytree(photo_folder, folder)
    names = ("n02105056_groenendael.JPEG", "n01440764_tench.JPEG", "n02814533_wagon.JPEG", "a.jpg")
    sources = [{"name": f"{i:05d}.jpg", "path": path} for i, path in enumerate(names)]
    (folder / "sources.json").write_text(json.dumps(sources))
    found = find_photos(folder)
    animals = [p.photo.name for p in (*found.training, *found.held_out) if p.animal]
    assert animals == ["00000.jpg"]


def test_held_out_photos_depend_on_names_alone(photo_folder):
    found = find_photos(photo_folder)
    names = {p.photo.name for p in found.training} | {p.photo.name for p in found.held_out}
    assert len(names) == len(found.training) + len(found.held_out) == 40
    assert found.held_out
    assert find_photos(photo_folder) == found
    assert [m.photo.name for m in found.measured] == ["ramp.jpg"]


def test_training_loses_photos_that_are_kept_for_validation(tmp_path, photo_folder):
    folder = tmp_path / "depth"
    shutil.copytree(photo_folder, folder)
    found = find_photos(folder)
    twin = found.training[0]
    shutil.copy(found.measured[0].photo, twin.photo)
    rest = without_twins(found)
    assert twin not in rest.training
    assert rest.held_out == found.held_out


def test_a_photo_without_a_label_is_named(tmp_path):
    for part in ("photos", "labels", "classes"):
        (tmp_path / part).mkdir()
    with pytest.raises(FileNotFoundError, match=r"expected photos as \*.jpg"):
        find_photos(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "a.jpg")
    with pytest.raises(FileNotFoundError, match=r"a.jpg: expected .*labels.a.png"):
        find_photos(tmp_path)
