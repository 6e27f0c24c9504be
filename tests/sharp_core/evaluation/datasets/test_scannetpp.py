from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.scannetpp import find_samples
from tests.support.made_datasets import make_scannetpp

SETTINGS = DatasetSettings()


def test_all_pairs_of_near_views_overlap(tmp_path: Path) -> None:
    make_scannetpp(tmp_path)
    samples = find_samples(tmp_path, SETTINGS)
    assert sum(len(sample.pairs) for sample in samples) == 3 * 2


def test_a_scene_of_the_list_has_to_be_there(tmp_path: Path) -> None:
    make_scannetpp(tmp_path)
    (tmp_path / "splits" / "nvs_test.txt").write_text("036bce3393\n104acbf7d2\n")
    with pytest.raises(UsageError, match="104acbf7d2"):
        find_samples(tmp_path, SETTINGS)


def test_a_test_picture_that_is_not_published_is_left_out(tmp_path: Path) -> None:
    make_scannetpp(tmp_path)
    dslr = tmp_path / "data/036bce3393/dslr"
    (dslr / "resized_images" / "DSC00002.JPG").unlink()
    with pytest.raises(UsageError, match=r"lacks .*DSC00002\.JPG"):
        find_samples(tmp_path, SETTINGS)
    lists = dslr / "train_test_lists.json"
    lists.write_text('{"train": ["DSC00000.JPG", "DSC00001.JPG"], "test": ["DSC00002.JPG"]}')
    assert sum(len(sample.pairs) for sample in find_samples(tmp_path, SETTINGS)) == 2
    lists.write_text("[]")
    with pytest.raises(UsageError, match="no list 'test'"):
        find_samples(tmp_path, SETTINGS)


def test_other_cameras_are_refused(tmp_path: Path) -> None:
    make_scannetpp(tmp_path)
    path = tmp_path / "data/036bce3393/dslr/colmap/cameras.txt"
    path.write_text("1 PINHOLE 96 72 84 80 45 38")
    with pytest.raises(UsageError, match="OPENCV_FISHEYE"):
        find_samples(tmp_path, SETTINGS)
