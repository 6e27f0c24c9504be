from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import UsageError
from schemas.evaluation_settings import DatasetSettings
from sharp_core.evaluation.datasets.files import unreadable
from sharp_core.evaluation.datasets.multi_view import draw_pairs, view_sets
from sharp_core.evaluation.datasets.picture import PictureFile
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import Depth, Pixels

INTRINSICS = Intrinsics.of_photo(40, 40, 30)


class Wall:
    """Depth of a wall 2 m before the origin, for cameras beside each other; counts its readings."""

    def __init__(self, reads: list[str], problem: str = "") -> None:
        self.is_dense, self.files = True, ()
        self._reads, self._problem = reads, problem

    def read(self, camera: Camera) -> Depth:
        self._reads.append(str(camera.viewmat[0, 3]))
        if self._problem:
            raise unreadable(Path("00007.png"), self._problem)
        return np.full((30, 40), 2.0, np.float32)


class NoImage:
    path = Path("x.png")

    def read(self) -> Pixels:
        raise AssertionError("dense depth needs no picture")


def sequence(count: int, step_m: float, reads: list[str], problem: str = "") -> list[PictureFile]:
    pictures = []
    for number in range(count):
        view = np.eye(4)
        view[0, 3] = -step_m * number
        wall = Wall(reads, problem)
        pictures.append(PictureFile(f"{number:05d}", NoImage(), Camera(INTRINSICS, view), wall))
    return pictures


def test_sets_are_consecutive_tens_by_name() -> None:
    pictures = sequence(23, 0.1, [])
    sets = view_sets(pictures[::-1])
    assert [len(views) for views in sets] == [10, 10, 3]
    assert [views[0].name for views in sets] == ["00000", "00010", "00020"]
    assert view_sets(pictures[:1]) == []


def test_pairs_overlap_enough_and_stay_within_their_set() -> None:
    # The picture is 2 m wide at the wall: 0.5 m aside leaves 75 %, 1 m leaves 50 %.
    pairs = draw_pairs([sequence(20, 0.5, [])], DatasetSettings())
    steps = sorted({(int(source.name), int(target.name)) for source, target in pairs})
    expected = [
        (a, b) for a in range(20) for b in range(20) if abs(a - b) == 1 and a // 10 == b // 10
    ]
    assert steps == expected


def test_few_pairs_read_few_maps() -> None:
    reads: list[str] = []
    pairs = draw_pairs([sequence(1000, 0.001, reads)], DatasetSettings(pairs=7))
    assert len(pairs) == 7
    assert len(reads) <= 14


def test_the_draw_is_from_all_sets() -> None:
    pairs = draw_pairs([sequence(1000, 0.001, [])], DatasetSettings(pairs=200))
    sets = {int(source.name) // 10 for source, _ in pairs}
    assert len(sets) > 60  # of 100: 200 draws miss few


def test_a_damaged_map_ends_the_search() -> None:
    with pytest.raises(UsageError, match=r"00007.png: 3 values are NaN"):
        draw_pairs([sequence(4, 0.1, [], "3 values are NaN")], DatasetSettings())
