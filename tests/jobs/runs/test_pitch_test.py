from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from jobs.runs.pitch_test import write_pitch_test
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings

SETTINGS = ExportSettings(("lenticular",), lpi=40.0, dpi=200, print_width_mm=60.0)


def test_the_sheet_is_a_png_of_the_printers_resolution(tmp_path: Path) -> None:
    made = write_pitch_test(tmp_path / "sheet.png", SETTINGS)
    assert len(made.pitches) == 21
    assert made.pitches[10] == 40.0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (made.width, made.height)
        assert sheet.info["dpi"] == pytest.approx((200, 200), abs=0.01)


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet", "nowhere/sheet.png"])
def test_a_name_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        write_pitch_test(tmp_path / name, SETTINGS)
    assert list(tmp_path.iterdir()) == []
