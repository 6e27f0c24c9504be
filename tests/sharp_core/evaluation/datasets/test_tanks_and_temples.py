from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.tanks_and_temples import find_samples
from tests.support.made_datasets import make_tanks_and_temples

SETTINGS = DatasetSettings(overlap=0.0)


def test_without_a_camera_the_focal_length_is_guessed_and_noted(tmp_path: Path) -> None:
    make_tanks_and_temples(tmp_path, with_camera=False)
    sample, *_ = find_samples(tmp_path, SETTINGS)
    assert sample.source.camera.intrinsics.fx == pytest.approx(0.7 * 96)
    assert "guessed" in sample.notes[0]


def test_the_distance_of_cameras_is_in_metres(tmp_path: Path) -> None:
    make_tanks_and_temples(tmp_path)
    sample, *_ = find_samples(tmp_path, SETTINGS)
    assert not sample.notes
    views = sample.read()
    assert views.source.depth_m is not None


def test_other_numbers_of_poses_and_pictures_are_refused(tmp_path: Path) -> None:
    make_tanks_and_temples(tmp_path)
    (tmp_path / "Barn" / "000002.jpg").unlink()
    with pytest.raises(UsageError, match="3 poses, and the folder 2 pictures"):
        find_samples(tmp_path, SETTINGS)


def test_overlap_of_sparse_depth_is_that_of_predicted_depth(tmp_path: Path) -> None:
    make_tanks_and_temples(tmp_path)
    assert find_samples(tmp_path, DatasetSettings(overlap=0.3))
    assert not find_samples(tmp_path, DatasetSettings(overlap=1.0))
