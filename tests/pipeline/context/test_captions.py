import pytest

from pipeline.context.captions import clean_caption


@pytest.mark.parametrize(
    "written",
    [
        "OLYMPUS DIGITAL CAMERA         ",
        "SONY DSC",
        "DCIM\\100MEDIA\\DJI_0001.JPG",
        "MINOLTA DIGITAL CAMERA",
        "Exif_JPEG_PICTURE",
        "SAMSUNG",
        "KODAK Action Cam",
        "KONICA MINOLTA DIGITAL CAMERA",
        "Digital StillCamera",
        "hdr",
        "oznorCO",
        "cof_vid_pxl",
        "IMG_1234.JPG",
        "default",
        "   ",
        "-",
    ],
)
def test_what_cameras_write_to_every_photo_is_no_caption(written):
    assert clean_caption(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "At the lake",
        "Ada with a camera",
        "Ada with a digital camera",
        "Through the lens",
        "\u2764\ufe0f",
        "Olympus Mons",
        "My first DSLR",
        "IMG of the year",
        "Hdr\nand more",
        "1950",
        "The Samsung tower\nin Seoul",
    ],
)
def test_what_people_write_is_one(written):
    assert clean_caption(f" {written} ") == written


def test_nothing_is_no_caption():
    assert clean_caption(None) is None
