"""Names as phones and programs write them."""

from __future__ import annotations

import pytest

from pipeline.context.groups.shot_names import Role, read_shot_name


@pytest.mark.parametrize(
    ("stem", "shot", "role"),
    [
        ("IMG_1234", "img_1234", Role.PHOTO),
        ("IMG_E1234", "img_1234", Role.EDIT),
        ("IMG_1234-edited", "img_1234", Role.EDIT),
        ("IMG_1234-edited(1)", "img_1234(1)", Role.EDIT),
        ("IMG_1234-bearbeitet", "img_1234", Role.EDIT),
        ("IMG_1234-Edit-2", "img_1234", Role.EDIT),
        ("IMG_1234-HDR", "img_1234", Role.EDIT),
        ("Sunset (edited)", "sunset", Role.EDIT),
        ("PXL_20230101_120000123~2", "pxl_20230101_120000123", Role.EDIT),
        ("PXL_20230101_120000123", "pxl_20230101_120000123", Role.PHOTO),
        ("PXL_20230101_120000123.MP", "pxl_20230101_120000123", Role.PHOTO),
        ("PXL_20230101_120000123.PORTRAIT-01.COVER", "pxl_20230101_120000123", Role.PHOTO),
        ("PXL_20230101_120000123.PORTRAIT-02.ORIGINAL", "pxl_20230101_120000123", Role.ORIGINAL),
        ("PXL_20230101_120000123.BURST-02", "pxl_20230101_120000123", Role.BURST_FRAME),
        ("00001IMG_00001_BURST20191224123456789", "burst20191224123456789", Role.BURST_FRAME),
        ("00000IMG_00000_BURST20191224123456789_COVER", "burst20191224123456789", Role.BURST_COVER),
        ("00015IMG_00015_BURST20171111030039_COVER", "burst20171111030039", Role.BURST_COVER),
        ("00100lPORTRAIT_00100_BURST20181229213517346", "burst20181229213517346", Role.BURST_FRAME),
        ("00001IMG_00001_BURST20191224123456789(1)", "burst20191224123456789(1)", Role.BURST_FRAME),
        ("00001IMG_00001_BURST20191224123456789-edited", "burst20191224123456789", Role.EDIT),
        ("DSC_0052_BURST20230709220904977_COVER", "burst20230709220904977", Role.BURST_COVER),
        ("IMG_20150101_120000_BURST000_COVER_TOP", "img_20150101_120000", Role.BURST_COVER),
        ("IMG_20250616_163308479_BURST001", "img_20250616_163308479", Role.BURST_FRAME),
        ("IMG_20191224_123456_BURST001_COVER(1)", "img_20191224_123456(1)", Role.BURST_COVER),
        ("20191224_123456_001(1)", "20191224_123456(1)", Role.BURST_FRAME),
        ("PXL_20230101_120000123.MP-edited", "pxl_20230101_120000123", Role.EDIT),
        ("PXL_20230101_120000123.PORTRAIT~2", "pxl_20230101_120000123", Role.EDIT),
        ("DSCPDC_0003_BURST20190824130105506", "burst20190824130105506", Role.BURST_FRAME),
        ("IMG_20191224_123456_BURST001_COVER", "img_20191224_123456", Role.BURST_COVER),
        ("IMG_20191224_123456_BURST2", "img_20191224_123456", Role.BURST_FRAME),
        ("20191224_123456_001", "20191224_123456", Role.BURST_FRAME),
        ("20191224_123456", "20191224_123456", Role.PHOTO),
        ("20191224_123456(0)", "20191224_123456(0)", Role.PHOTO),
        ("Starburst", "starburst", Role.PHOTO),
        ("The edited letter", "the edited letter", Role.PHOTO),
    ],
)
def test_what_a_name_says(stem: str, shot: str, role: Role) -> None:
    assert read_shot_name(stem) == (shot, role)
