from __future__ import annotations

import io

import pytest
from PIL import Image

from sharp_core.containers.jpeg import read_frame
from sharp_core.spatial.jpeg_stereo import with_jps_marker
from sharp_core.spatial.jpeg_stereo_read import JpsLayout, read_jps, read_mpo
from tests.support.paths import PHOTOS
from tests.support.stereo_scene import BASELINE_M, jpeg, mpo_bytes, sbs_image, true_pair


def test_an_mpo_is_read_as_it_was_written() -> None:
    pair = read_mpo(mpo_bytes())
    assert pair is not None
    assert pair.baseline_m == pytest.approx(BASELINE_M)
    for eye in (pair.left, pair.right):
        frame = read_frame(eye)
        assert frame is not None
        assert (frame.width, frame.height) == (384, 288)
    assert pair.left != pair.right


def test_pillows_mpo_of_a_gain_map_is_no_pair() -> None:
    left, right, _ = true_pair()
    file = io.BytesIO()
    Image.fromarray(left).save(file, "MPO", save_all=True, append_images=[Image.fromarray(right)])
    assert read_mpo(file.getvalue()) is None  # it does not declare a stereo pair


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe2", b"no image at all"])
def test_other_bytes_are_no_pair(data: bytes) -> None:
    assert read_mpo(data) is None
    assert read_jps(data) is None


def test_a_cut_off_mpo_has_a_cut_off_eye() -> None:
    data = mpo_bytes()
    pair = read_mpo(data[: len(data) * 3 // 4])
    assert pair is not None
    assert len(pair.right) < len(data) // 4


def test_a_jps_says_which_eye_comes_first() -> None:
    data = with_jps_marker(jpeg(sbs_image(crossed=True)))
    assert read_jps(data) == JpsLayout(False, False, False)
    at = data.index(b"_JPSJPS_") + 10
    for value, layout in (
        (0x00040201, JpsLayout(False, False, True)),
        (0x00020201, JpsLayout(False, True, False)),
        (0x00050301, JpsLayout(True, True, True)),
    ):
        assert read_jps(data[:at] + value.to_bytes(4, "big") + data[at + 4 :]) == layout
    anaglyph = data[:at] + (0x401).to_bytes(4, "big") + data[at + 4 :]
    assert read_jps(anaglyph) is None


def test_a_plain_jpeg_is_neither() -> None:
    data = (PHOTOS / "mongolels.jpg").read_bytes()
    assert read_mpo(data) is None
    assert read_jps(data) is None
