from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sharp_core.spatial.jpeg_stereo import mpo_of, with_jps_marker
from tests.support.stereo_pairs import EXIF, pair


def jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", exif=b"Exif\0\0" + EXIF)
    return file.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def exiftool(path: Path) -> dict[str, Any]:
    tool = shutil.which("exiftool")
    if tool is None:
        pytest.skip("needs exiftool")
    answer = subprocess.run([tool, "-j", "-G1", "-n", str(path)], capture_output=True, check=True)
    return json.loads(answer.stdout)[0]


def test_both_frames_of_an_mpo_are_the_jpegs_pixel_by_pixel():
    left, right = (jpeg(eye) for eye in pair())
    mpo = Image.open(io.BytesIO(mpo_of(left, right, 0.063)))
    assert (mpo.format, mpo.n_frames) == ("MPO", 2)
    for frame, single in enumerate((left, right)):
        mpo.seek(frame)
        np.testing.assert_array_equal(np.asarray(mpo), decoded(single))


def test_an_mpo_says_that_it_is_stereo_and_how_far_the_eyes_were_apart(tmp_path):
    left, right = (jpeg(eye) for eye in pair())
    path = tmp_path / "pair.mpo"
    path.write_bytes(mpo_of(left, right, 0.063))
    tags = exiftool(path)
    assert tags["MPF0:NumberOfImages"] == 2
    assert tags["MPF0:BaselineLength"] == pytest.approx(0.063)
    assert tags["MPImage2:MPImageType"] == 0x020002
    assert tags["MPImage2:MPImageStart"] + tags["MPImage2:MPImageLength"] == path.stat().st_size


def test_a_jps_is_the_jpeg_and_says_that_the_right_eye_comes_first(tmp_path):
    both = jpeg(np.concatenate(pair()[::-1], axis=1))
    data = with_jps_marker(both)
    np.testing.assert_array_equal(decoded(data), decoded(both))
    path = tmp_path / "pair.jps"
    path.write_bytes(data)
    tags = exiftool(path)
    assert (tags["JPS:JPSType"], tags["JPS:JPSLayout"], tags["JPS:JPSFlags"]) == (1, 2, 0)
