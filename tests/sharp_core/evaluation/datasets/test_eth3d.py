from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.eth3d import find_samples
from tests.support.made_datasets import make_eth3d

SETTINGS = DatasetSettings(overlap=0.0)
CALIBRATION = Path("facade", "dslr_calibration_undistorted")


def test_depth_is_sparse(tmp_path: Path) -> None:
    make_eth3d(tmp_path)
    sample, *_ = find_samples(tmp_path, SETTINGS)
    depth = sample.read().source.depth_m
    assert depth is not None
    assert 0.1 < np.isfinite(depth).mean() < 0.6


def test_distorted_cameras_are_refused(tmp_path: Path) -> None:
    make_eth3d(tmp_path)
    text = "1 THIN_PRISM_FISHEYE 96 72 84 80 45 38 0 0 0 0 0 0 0 0"
    (tmp_path / CALIBRATION / "cameras.txt").write_text(text)
    with pytest.raises(UsageError, match="expected undistorted pinhole cameras, found THIN_PRISM"):
        find_samples(tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("name", "text"),
    [("cameras.txt", "1 PINHOLE wide"), ("images.txt", "1 0.5 x\n\n"), ("cameras.txt", "")],
)
def test_damaged_files_are_named(name: str, text: str, tmp_path: Path) -> None:
    make_eth3d(tmp_path)
    (tmp_path / CALIBRATION / name).write_text(text)
    with pytest.raises(UsageError, match=name):
        find_samples(tmp_path, SETTINGS)
