"""Crops, rotations and mirrors that a HEIF or AVIF file states, against libheif."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pillow_heif
import pytest

from pipeline.decode.decode import decode, read_header_size
from schemas.records import MediaType
from tests.support.heif_files import clap, imir, irot, with_properties
from tests.support.paths import DATA
from tests.support.pictures import encode, same, scene

WIDTH, HEIGHT = 96, 64
PICTURE = scene(WIDTH, HEIGHT)
FILES = {
    MediaType.HEIF: encode(PICTURE, "HEIF"),
    MediaType.AVIF: encode(PICTURE, "AVIF", quality=100, subsampling="4:4:4"),
}
CROPS = [
    clap((50, 1), (30, 1), (0, 1), (0, 1)),
    clap((51, 1), (31, 1), (5, 2), (-7, 2)),
    clap((101, 2), (61, 2), (1, 3), (2, 3)),
    clap((40, 1), (60, 1), (-28, 1), (2, 1)),
    clap((90, 1), (60, 1), (30, 1), (20, 1)),  # reaches beyond the picture
    clap((20, 1), (10, 1), (3, 2), (-1, 2)),
]
TRANSFORMS = {
    **{f"crop {n}": crop for n, crop in enumerate(CROPS)},
    **{f"turn {turns}": irot(turns) for turns in range(4)},
    **{f"mirror {axis}": imir(axis) for axis in (0, 1)},
}
ORDERS = [
    *((name,) for name in TRANSFORMS),
    *itertools.permutations(("crop 1", "turn 1", "mirror 0")),
    *itertools.permutations(("crop 2", "turn 3", "mirror 1")),
    *itertools.permutations(("turn 1", "mirror 1")),
    *itertools.permutations(("crop 4", "turn 2")),
    ("crop 0", "crop 5"),
    ("turn 1", "crop 3", "turn 3", "mirror 0"),
]


def by_libheif(data: bytes) -> np.ndarray:
    return np.asarray(pillow_heif.open_heif(io.BytesIO(data)).to_pillow())


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_every_order_is_what_libheif_makes_of_it(order):
    properties = [TRANSFORMS[name] for name in order]
    expected = by_libheif(with_properties(FILES[MediaType.HEIF], properties))
    for kind, file in FILES.items():
        data = with_properties(file, properties)
        height, width = expected.shape[:2]
        assert read_header_size(data, kind) == (width, height)
        # HEVC and AV1 lose other things: what lies where is what matters.
        assert same(decode(data, kind), expected, tolerance=8)


def test_the_table_tells_all_orders_apart():
    made = {
        by_libheif(with_properties(FILES[MediaType.HEIF], [TRANSFORMS[n] for n in order])).tobytes()
        for order in ORDERS
    }
    assert len(made) >= len(ORDERS) - 4  # a few of them come to the same


@pytest.mark.parametrize(
    "crop",
    [
        clap((50, 0), (30, 1), (0, 1), (0, 1)),
        clap((50, 1), (30, 1), (0, 0), (0, 1)),
        clap((10, 1), (10, 1), (500, 1), (0, 1)),
        clap((0, 1), (0, 1), (0, 1), (0, 1)),
    ],
)
def test_a_crop_that_makes_no_sense_is_left_out(crop):
    data = with_properties(FILES[MediaType.AVIF], [crop])
    assert decode(data, MediaType.AVIF).shape == (HEIGHT, WIDTH, 3)


def test_a_real_avif_with_a_clean_aperture():
    data = (DATA / "decode" / "blue-and-magenta-crop.avif").read_bytes()
    assert read_header_size(data, MediaType.AVIF) == (180, 100)
    assert decode(data, MediaType.AVIF).shape == (100, 180, 3)
