from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from schemas.quality import QualityFlag
from schemas.records import MediaType
from sharp_core.quality.flags import RULES, PhotoFacts, flags_of
from sharp_core.quality.picture import measure_picture
from tests.support.textures import blurred, lake, page, photo_like, stars, window

CAMERA = PhotoFacts("IMG_0001.JPG", MediaType.JPEG, has_camera=True)
FILE = PhotoFacts("a.png", MediaType.PNG, has_camera=False)


def flags(pixels: np.ndarray, facts: PhotoFacts = CAMERA) -> tuple[QualityFlag, ...]:
    return flags_of(measure_picture(pixels), facts)


def test_a_usual_photo_has_no_flag() -> None:
    assert flags(photo_like()) == ()
    assert flags(photo_like(), FILE) == ()


def test_each_kind_of_picture_gets_its_flag_alone() -> None:
    chart = np.asarray(window(640, 480))
    assert flags(window(), FILE) == (QualityFlag.SCREENSHOT,)
    assert flags(page()) == (QualityFlag.DOCUMENT,)
    assert flags(chart, PhotoFacts("chart.jpg", MediaType.JPEG, False)) == (QualityFlag.DRAWING,)
    assert flags(blurred(photo_like(), 3)) == (QualityFlag.BLURRED,)
    assert flags((photo_like() * 0.15).astype(np.uint8)) == (QualityFlag.DARK,)
    assert QualityFlag.MIRROR_LIKE in flags(lake())
    assert QualityFlag.NIGHT_SKY in flags(stars())
    assert flags(photo_like(1200, 320)) == (QualityFlag.PANORAMA,)


def test_names_of_files_and_metadata_count() -> None:
    for name in (
        "Screenshot 2019-05-21 at 10.45.52.png",
        "Bildschirmfoto 2020.png",
        "截屏2021.png",
    ):
        assert flags(photo_like(), replace(FILE, name=name)) == (QualityFlag.SCREENSHOT,)
    assert flags(photo_like(), replace(CAMERA, name="Screenshot.jpg")) == ()  # a camera took it
    assert flags(photo_like(), replace(CAMERA, name="PANO_20190714_120000.jpg")) == (
        QualityFlag.PANORAMA,
    )
    assert flags(photo_like(), replace(CAMERA, is_close_up=True)) == (QualityFlag.MACRO,)


def test_a_sphere_is_a_panorama_and_a_wide_photo_is_none() -> None:
    wide = blurred(photo_like(800, 400), 1)
    x = np.linspace(0, 1, 800)[None, :, None]
    seamless = (wide * (1 - x) + np.roll(wide[:, ::-1], 1, axis=1) * x).astype(np.uint8)
    seamless[:, -1] = seamless[:, 0]
    assert flags(seamless) == (QualityFlag.PANORAMA,)
    assert flags(photo_like(800, 400)) == ()


def test_every_flag_but_flat_has_a_rule() -> None:
    assert set(QualityFlag) - set(RULES) == {QualityFlag.FLAT}


@pytest.mark.parametrize("flag", QualityFlag)
def test_every_flag_is_explained(flag: QualityFlag) -> None:
    assert QualityFlag.explain(flag.value)
