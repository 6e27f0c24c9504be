from __future__ import annotations

import numpy as np

from pipeline.evaluation.pictures import difference


def test_the_difference_is_absolute_and_brightened() -> None:
    one = np.array([[[10, 200, 0]]], np.uint8)
    other = np.array([[[0, 250, 255]]], np.uint8)
    assert difference(one, other).tolist() == [[[20, 100, 255]]]
    assert difference(other, one).tolist() == [[[20, 100, 255]]]
