from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.choices import LengthUnit
from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.booster import find_samples
from tests.support.made_datasets import make_booster

SETTINGS = DatasetSettings()


def test_there_is_a_pair_for_each_lighting(tmp_path: Path) -> None:
    make_booster(tmp_path)
    samples = find_samples(tmp_path, SETTINGS)
    assert [sample.name for sample in samples] == ["Bathroom/im0/left", "Bathroom/im1/left"]
    depth = samples[0].read().source.depth_m
    assert depth is not None
    assert np.isnan(depth).sum() == 3


def test_a_wrong_unit_is_refused(tmp_path: Path) -> None:
    make_booster(tmp_path, baseline=0.12)
    with pytest.raises(UsageError, match="in another unit"):
        find_samples(tmp_path, SETTINGS)
    assert find_samples(tmp_path, DatasetSettings(unit=LengthUnit.M))


def test_a_missing_right_picture_is_named(tmp_path: Path) -> None:
    make_booster(tmp_path)
    (tmp_path / "train/balanced/Bathroom/camera_02/im1.png").unlink()
    with pytest.raises(UsageError, match=r"lacks .*camera_02/im1.png"):
        find_samples(tmp_path, SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        "<opencv_storage/>",
        "<opencv_storage><proj_matL>",
        '<!DOCTYPE a [<!ENTITY b "c">]><opencv_storage>&b;</opencv_storage>',
    ],
)
def test_a_damaged_calibration_is_refused(text: str, tmp_path: Path) -> None:
    make_booster(tmp_path)
    (tmp_path / "train/balanced/Bathroom/calib_00-02.xml").write_text(text)
    with pytest.raises(UsageError, match=r"calib_00-02.xml"):
        find_samples(tmp_path, SETTINGS)


def test_exchanged_cameras_are_refused(tmp_path: Path) -> None:
    make_booster(tmp_path, baseline=-120)
    with pytest.raises(UsageError, match="left of the left one"):
        find_samples(tmp_path, SETTINGS)
