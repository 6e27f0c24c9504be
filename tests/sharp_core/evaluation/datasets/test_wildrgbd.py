from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from schemas.choices import LengthUnit
from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.wildrgbd import find_samples
from tests.support.made_datasets import make_wildrgbd

SETTINGS = DatasetSettings()


def test_the_pairs_are_those_of_validation_scenes(tmp_path: Path) -> None:
    make_wildrgbd(tmp_path)
    samples = find_samples(tmp_path, SETTINGS)
    pairs = [pair for sample in samples for pair in sample.pairs]
    assert pairs
    assert all(pair.startswith("apple/scene_001/") for pair in pairs)
    assert len(set(pairs)) == len(pairs) <= 6 * 5


def test_the_same_seed_gives_the_same_pairs(tmp_path: Path) -> None:
    make_wildrgbd(tmp_path)
    drawn = [
        [s.pairs for s in find_samples(tmp_path, DatasetSettings(pairs=4, seed=seed))]
        for seed in (3, 3, 4)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert sum(map(len, drawn[0])) == 4


def test_a_missing_depth_map_is_named_before_anything_is_read(tmp_path: Path) -> None:
    scene = make_wildrgbd(tmp_path)
    (scene / "depth" / "00004.png").unlink()
    with pytest.raises(UsageError, match=r"lacks .*depth/00004.png"):
        find_samples(tmp_path, SETTINGS)


def test_depth_in_another_unit_is_refused(tmp_path: Path) -> None:
    make_wildrgbd(tmp_path)
    with pytest.raises(UsageError, match="in another unit"):
        find_samples(tmp_path, DatasetSettings(unit=LengthUnit.M))


def test_depth_of_eight_bits_is_refused(tmp_path: Path) -> None:
    scene = make_wildrgbd(tmp_path)
    for path in (scene / "depth").iterdir():
        Image.fromarray(np.full((72, 96), 9, np.uint8)).save(path)
    with pytest.raises(UsageError, match="expected 16-bit depth"):
        find_samples(tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("name", "text"),
    [("metadata", '{"K": [1, 2]}'), ("cam_poses.txt", "0 1 2 3"), ("metadata", "{")],
)
def test_damaged_files_are_named(name: str, text: str, tmp_path: Path) -> None:
    scene = make_wildrgbd(tmp_path)
    (scene / name).write_text(text)
    with pytest.raises(UsageError, match=name):
        find_samples(tmp_path, SETTINGS)
