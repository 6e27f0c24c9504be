from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from schemas.choices import LengthUnit
from schemas.errors import UsageError
from sharp_core.training.data.posed_folder import posed_pairs
from tests.support.made_datasets import (
    disparity,
    make_booster,
    make_eth3d,
    make_middlebury,
    make_scannetpp,
    make_wildrgbd,
    write_pfm,
)
from tests.support.warping import warped_depth


def wildrgbd_for_training(folder: Path) -> Path:
    scene = make_wildrgbd(folder)
    (folder / "apple" / "nvs_list.json").write_text(
        json.dumps({"train": ["scenes/scene_001"], "val": ["scenes/scene_000"]})
    )
    return scene


def middlebury_with_both_maps(folder: Path) -> None:
    make_middlebury(folder)
    write_pfm(disparity(1), folder / "Shelf-perfect" / "disp1.pfm")


def booster_with_both_maps(folder: Path) -> None:
    make_booster(folder)
    np.save(folder / "train/balanced/Bathroom/disp_02.npy", disparity(1).astype(np.float32))


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (wildrgbd_for_training, 6 * 5),
        (middlebury_with_both_maps, 1),
        (booster_with_both_maps, 2),
        (make_eth3d, 3 * 2),
    ],
)
def test_pairs_of_published_layouts_fit_by_warping(make, count, tmp_path):
    make(tmp_path)
    pairs = posed_pairs(tmp_path)
    pairs.check()
    assert len(pairs.pairs.trained) == count
    pair = pickle.loads(pickle.dumps(pairs)).pair(0)
    assert not np.array_equal(pair.source.camera.viewmat, pair.target.camera.viewmat)
    seen, found = warped_depth(pair.source, pair.target)
    assert len(seen) > 20
    assert np.mean(np.abs(seen / found - 1) < 0.05) > 0.8


def test_each_pass_has_each_pair_once_by_the_seed(tmp_path):
    wildrgbd_for_training(tmp_path)
    pairs = posed_pairs(tmp_path, seed=2)

    def poses(first: int) -> list[bytes]:
        seen = [pairs.pair(number) for number in range(first, first + len(pairs.pairs.trained))]
        return [
            pair.source.camera.viewmat.tobytes() + pair.target.camera.viewmat.tobytes()
            for pair in seen
        ]

    first, second = poses(0), poses(len(pairs.pairs.trained))
    assert sorted(first) == sorted(second)
    assert first != second
    assert first == poses(0)


def test_scenes_for_evaluation_are_not_trained_on(tmp_path):
    make_scannetpp(tmp_path)
    with pytest.raises(UsageError, match="no two pictures of one place"):
        posed_pairs(tmp_path).check()
    (tmp_path / "splits" / "nvs_test.txt").write_text("")
    assert len(posed_pairs(tmp_path).pairs.trained) == 3 * 2


def test_a_missing_file_is_named_before_the_run(tmp_path):
    scene = wildrgbd_for_training(tmp_path)
    pairs = posed_pairs(tmp_path)
    (scene / "rgb" / "00002.png").unlink()
    with pytest.raises(UsageError, match=r"1 file is missing, such as .*rgb/00002\.png"):
        pairs.check()


def test_a_wrong_unit_is_refused_before_the_run(tmp_path):
    wildrgbd_for_training(tmp_path)
    with pytest.raises(UsageError, match="another unit"):
        posed_pairs(tmp_path, unit=LengthUnit.M).check()


def test_a_nan_in_a_disparity_map_is_refused_before_the_run(tmp_path):
    middlebury_with_both_maps(tmp_path)
    values = disparity(1)
    values[3, 4] = np.nan
    write_pfm(values, tmp_path / "Shelf-perfect" / "disp1.pfm")
    with pytest.raises(UsageError, match=r"disp1\.pfm: 1 value is NaN"):
        posed_pairs(tmp_path).check()


def test_stereo_pairs_without_depth_of_the_right_eye_are_refused(tmp_path):
    make_middlebury(tmp_path)
    with pytest.raises(UsageError, match="right: no pixel has a depth, and training needs"):
        posed_pairs(tmp_path).check()


def test_another_folder_is_refused_with_the_known_layouts(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="not a folder of posed pictures") as error:
        posed_pairs(tmp_path)
    assert "wildrgbd" in error.value.hint
