"""Every loader on a tiny copy of its layout: pictures warped by depth have to agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.dataset_sample import DatasetSample
from sharp_core.evaluation.datasets.registry import DATASETS, dataset_of
from sharp_core.scene.posed_picture import PosedPicture
from tests.support.analytic_scene import picture, warp_disagreement
from tests.support.made_datasets import (
    make_booster,
    make_eth3d,
    make_middlebury,
    make_scannetpp,
    make_tanks_and_temples,
    make_wildrgbd,
)

MAKERS: dict[str, Callable[[Path], object]] = {
    "middlebury": make_middlebury,
    "booster": make_booster,
    "scannetpp": make_scannetpp,
    "wildrgbd": make_wildrgbd,
    "eth3d": make_eth3d,
    "tanks-and-temples": make_tanks_and_temples,
}
ANY_OVERLAP = DatasetSettings(overlap=0.0)
# Levels of disagreement: below what half a pixel makes. Sparse points lie up to half a pixel from
# the pixel that they give a depth; JPEG and resampling add to that.
EXACT, SPARSE = 1.2, 3.0
TOLERANCES = {"middlebury": EXACT, "booster": EXACT, "wildrgbd": EXACT}


def with_true_depth(target: PosedPicture) -> PosedPicture:
    """Return a target with the analytic depth of the camera that the loader gave it."""
    return PosedPicture(target.image, target.camera, picture(target.camera).depth_m)


@pytest.mark.parametrize("name", MAKERS)
def test_a_folder_is_recognised_and_its_pictures_agree_when_warped(
    name: str, tmp_path: Path
) -> None:
    MAKERS[name](tmp_path)
    entry = dataset_of([tmp_path], None)
    assert entry is not None
    assert entry.name == name
    samples = list(entry.find.get()(tmp_path, ANY_OVERLAP))
    assert samples
    for sample in samples[:2]:
        assert isinstance(sample, DatasetSample)
        views = sample.read()
        for target in list(views.targets)[:2]:
            error, share = warp_disagreement(views.source, with_true_depth(target.picture))
            assert error < TOLERANCES.get(name, SPARSE), (sample.name, error)
            assert share > 0.5, (sample.name, share)


def test_every_data_set_is_tested() -> None:
    assert set(MAKERS) == set(DATASETS.names)


def test_other_folders_are_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    assert dataset_of([tmp_path], None) is None
    assert dataset_of([tmp_path / "photo.jpg"], None) is None


def test_a_named_data_set_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not ETH3D: it has no .*cameras.txt"):
        dataset_of([tmp_path], "eth3d")
    (tmp_path / "calib.txt").touch()
    with pytest.raises(UsageError, match=r"it has no \*\*/im1.png$"):  # and not what it has
        dataset_of([tmp_path], "middlebury")
    with pytest.raises(UsageError, match="give its one folder"):
        dataset_of([tmp_path, tmp_path], "eth3d")
    with pytest.raises(UsageError, match="no such data set"):
        dataset_of([tmp_path], "kitti")
