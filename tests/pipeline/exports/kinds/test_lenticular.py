from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import Base

from pipeline.exports.kinds.lenticular import LENTICULAR
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from sharp_core.scene.cameras import Intrinsics
from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, run
from tests.support.trivial_model import ingest


def test_a_print_says_its_resolution_and_is_as_wide_as_asked(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    settings = replace(
        QUICK, kinds=("lenticular",), lpi=40.0, dpi=200, print_width_mm=50.8, lens_views=4
    )
    report = run(tmp_path / "library", tmp_path / "out", settings)
    assert (report.done, report.failed) == (1, 0)
    with Image.open(tmp_path / "out" / "one_lenticular.png") as print_:
        assert print_.width == 400
        assert print_.info["dpi"] == pytest.approx((200, 200), abs=0.01)
        assert print_.getexif()[Base.XResolution] == 200


def test_a_print_that_is_too_tall_is_left_out() -> None:
    settings = ExportSettings(("lenticular",), dpi=1440)
    assert LENTICULAR.refuses(settings, Intrinsics.of_photo(500, 300, 300)) == ""
    tall = Intrinsics.of_photo(500, 100, 300)
    assert "25,512 dots down" in LENTICULAR.refuses(settings, tall)


def test_more_views_than_dots_under_a_lens_are_refused() -> None:
    with pytest.raises(UsageError, match=r"300 DPI has 5\.0 dots under each of 60 lenses"):
        ExportSettings(("lenticular",), dpi=300, lens_views=6)
    with pytest.raises(UsageError, match="85,039 dots across"):
        ExportSettings(("lenticular",), dpi=1440, print_width_mm=1500)
