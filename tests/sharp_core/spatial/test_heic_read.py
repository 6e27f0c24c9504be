from __future__ import annotations

import pytest

from schemas.errors import HeifError
from sharp_core.containers.heif import read_heif
from sharp_core.containers.heif_camera import EXTRINSICS_UUID, kind_of
from sharp_core.spatial.heic_read import read_eyes, stereo_items
from tests.support.paths import PHOTOS
from tests.support.stereo_scene import BASELINE_M, FOCAL_PX, WIDTH, heic_bytes


def test_the_cameras_are_those_that_were_written() -> None:
    heif = read_heif(heic_bytes())
    items = stereo_items(heif)
    assert items is not None
    eyes = read_eyes(heif, items)
    assert eyes.baseline_m == pytest.approx(BASELINE_M, abs=1e-6)
    for camera in eyes.intrinsics:
        assert camera.focal * WIDTH == pytest.approx(FOCAL_PX, abs=1e-4)
        assert (camera.x, camera.y) == (0.5, 0.5)


def test_an_ordinary_heic_has_no_eyes() -> None:
    data = (PHOTOS / "IMG_2682.heic").read_bytes()
    assert stereo_items(read_heif(data)) is None


def test_without_its_extrinsics_a_pair_is_refused() -> None:
    data = heic_bytes()
    heif = read_heif(data)
    items = stereo_items(heif)
    assert items is not None
    box = next(
        box for box in heif.properties_of(items[1]) if kind_of(heif.data, box) == EXTRINSICS_UUID
    )
    broken = read_heif(data[: box.start] + b"\0" * 16 + data[box.start + 16 :])
    with pytest.raises(HeifError, match="has no extrinsics"):
        read_eyes(broken, items)
