from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from schemas.choices import ImageFormat, QuiltDevice
from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, check_whole, run
from tests.support.trivial_model import ingest


@pytest.mark.parametrize("whole_frame", [False, True])
def test_a_quilt_has_the_name_and_the_tiles_that_displays_expect(
    tmp_path: Path, whole_frame: bool
) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    settings = replace(
        QUICK,
        kinds=("quilt",),
        quilt=QuiltDevice.FIRST_8_9,
        image_format=ImageFormat.PNG,
        whole_frame=whole_frame,
    )
    report = run(tmp_path / "library", tmp_path / "out", settings)
    assert (report.done, report.failed) == (1, 0)
    with Image.open(tmp_path / "out" / "one_qs5x9a1.6.png") as quilt:
        assert quilt.size == (2048, 2048)
        tile = quilt.crop((0, 2048 - 227, 409, 2048))
        corner = tile.getpixel((0, 100))
    assert (corner == (0, 0, 0)) == whole_frame
    check_whole(tmp_path / "library", tmp_path / "out")
    assert run(tmp_path / "library", tmp_path / "out", settings).unchanged == 1
