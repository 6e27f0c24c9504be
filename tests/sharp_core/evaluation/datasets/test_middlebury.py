from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.choices import LengthUnit
from schemas.errors import PhotoError, UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.middlebury import find_samples
from tests.support.made_datasets import disparity, make_middlebury, write_pfm

SETTINGS = DatasetSettings()


def test_unknown_disparity_is_unknown_depth(tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    (sample,) = find_samples(tmp_path, SETTINGS)
    depth = sample.read().source.depth_m
    assert depth is not None
    assert np.isnan(depth[0, :5]).all()
    assert np.isnan(depth).sum() == 5
    assert sample.name == "Shelf/left"
    assert sample.pairs == ("Shelf/left to Shelf/right",)


def test_of_several_versions_the_perfect_one_counts(tmp_path: Path) -> None:
    make_middlebury(tmp_path, "Shelf-imperfect", baseline_mm=100)
    make_middlebury(tmp_path, "Shelf-perfect", baseline_mm=120)
    (sample,) = find_samples(tmp_path, SETTINGS)
    assert sample.files[0].parent.name == "Shelf-perfect"


def test_at_most_as_many_pairs_as_asked_for_are_drawn_by_the_seed(tmp_path: Path) -> None:
    for number in range(6):
        make_middlebury(tmp_path, f"Scene{number}-perfect")
    few = [find_samples(tmp_path, DatasetSettings(pairs=3, seed=seed)) for seed in (0, 0, 1)]
    names = [[sample.name for sample in samples] for samples in few]
    assert names[0] == names[1] == sorted(names[0])
    assert len(names[0]) == 3
    assert names[0] != names[2]


def test_a_wrong_unit_is_refused_at_the_beginning(tmp_path: Path) -> None:
    make_middlebury(tmp_path, baseline_mm=0.12)  # metres, in truth
    with pytest.raises(UsageError, match=r"median depth is .* m.*another unit.*--unit"):
        find_samples(tmp_path, SETTINGS)
    assert find_samples(tmp_path, DatasetSettings(unit=LengthUnit.M))


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    (tmp_path / "Shelf-perfect" / "im1.png").unlink()
    with pytest.raises(UsageError, match=r"lacks .*im1.png"):
        find_samples(tmp_path, SETTINGS)


def test_nan_is_refused(tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    (sample,) = find_samples(tmp_path, SETTINGS)
    values = disparity()
    values[3, 3] = np.nan
    write_pfm(values, tmp_path / "Shelf-perfect" / "disp0.pfm")
    with pytest.raises(PhotoError, match=r"disp0.pfm: 1 value is NaN"):
        sample.read()
    with pytest.raises(UsageError, match="NaN"):
        find_samples(tmp_path, SETTINGS)


@pytest.mark.parametrize("line", ["cam1=[80 0; 0 80]", "cam1=[a b c; d e f; g h i]", ""])
def test_a_damaged_calibration_is_refused(line: str, tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    path = tmp_path / "Shelf-perfect" / "calib.txt"
    kept = [one for one in path.read_text().splitlines() if not one.startswith("cam1")]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(UsageError, match=r"calib.txt"):
        find_samples(tmp_path, SETTINGS)


def test_a_map_of_another_size_is_refused(tmp_path: Path) -> None:
    make_middlebury(tmp_path)
    write_pfm(disparity()[:50], tmp_path / "Shelf-perfect" / "disp0.pfm")
    (sample,) = find_samples(tmp_path, SETTINGS)
    with pytest.raises(PhotoError, match=r"depth: expected 72 rows"):
        sample.read()
