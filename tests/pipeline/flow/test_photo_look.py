from __future__ import annotations

from pipeline.flow.photo_look import look_at_photo
from schemas.quality import QualityFlag
from schemas.records import MediaType, PhotoFile, PhotoMeta
from tests.support.textures import blurred, photo_like


def file(name: str) -> PhotoFile:
    return PhotoFile("ab" * 16, f"/photos/{name}", 1, 1, MediaType.PNG)


def test_the_picture_is_small_and_shows_the_whole_photo() -> None:
    look = look_at_photo(file("a.png"), PhotoMeta(), photo_like(1200, 800))
    assert look.picture.shape == (171, 256, 3)
    assert look.flags == ()
    assert look.without_picture().picture.size == 0


def test_name_metadata_and_pixels_decide_the_flags() -> None:
    named = look_at_photo(file("Screenshot_2020.png"), PhotoMeta(), photo_like())
    assert named.flags == (QualityFlag.SCREENSHOT,)
    close = PhotoMeta(camera_make="Canon", is_close_up=True)
    look = look_at_photo(file("IMG_1.JPG"), close, blurred(photo_like(), 3))
    assert look.flags == (QualityFlag.BLURRED, QualityFlag.MACRO)
