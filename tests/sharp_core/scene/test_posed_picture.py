from __future__ import annotations

import numpy as np
import pytest

from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture

CAMERA = Camera(Intrinsics.of_photo(20, 8, 6), np.eye(4))
IMAGE = np.zeros((6, 8, 3), np.uint8)


def test_depth_may_be_unknown() -> None:
    assert PosedPicture(IMAGE, CAMERA).depth_m is None
    PosedPicture(IMAGE, CAMERA, np.full((6, 8), np.nan, np.float32))


def test_parts_of_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="image: expected 8-bit RGB of 8 x 6 pixels"):
        PosedPicture(IMAGE[:, :7], CAMERA)
    with pytest.raises(ValueError, match=r"depth: expected 6 rows and 8 columns, found \(8, 6\)"):
        PosedPicture(IMAGE, CAMERA, np.ones((8, 6), np.float32))
