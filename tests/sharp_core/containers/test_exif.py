from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from sharp_core.containers.exif import (
    BYTE,
    LONG,
    SHORT,
    Entry,
    Exif,
    exif_bytes,
    number_entry,
    rational_entry,
    read_exif,
    text_entry,
)
from sharp_core.containers.exif import (
    IFD as IFD_KIND,
)

entries = st.one_of(
    st.text(max_size=20).map(text_entry),
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=9).map(lambda v: number_entry(SHORT, *v)),
    st.lists(st.integers(0, 0xFF), min_size=1, max_size=9).map(lambda v: number_entry(BYTE, *v)),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=4).map(lambda v: rational_entry(*v)),
)
directories = st.dictionaries(st.integers(1, 0x8000), entries, max_size=8)


@given(directories, directories, directories)
def test_what_is_written_is_read_again(image, exif, gps):
    found = read_exif(exif_bytes(Exif(image, exif, gps)))
    pointers = {0x8769, 0x8825}
    assert {tag: e for tag, e in found.image.items() if tag not in pointers} == image
    assert (found.exif, found.gps) == (exif, gps)


def test_pillow_reads_what_is_written():
    data = exif_bytes(
        Exif(
            {Base.Make: text_entry("Leica"), Base.Orientation: number_entry(SHORT, 1)},
            {Base.ExifImageWidth: number_entry(LONG, 4000), Base.FNumber: rational_entry(2.8)},
            {2: rational_entry(48, 51, 30.25)},
        )
    )
    found = Image.Exif()
    found.load(data)
    assert (found[Base.Make], found[Base.Orientation]) == ("Leica", 1)
    assert found.get_ifd(IFD.Exif)[Base.ExifImageWidth] == 4000
    assert found.get_ifd(IFD.Exif)[Base.FNumber] == pytest.approx(2.8)
    assert found.get_ifd(IFD.GPSInfo)[2] == (48, 51, 30.25)


def test_either_byte_order_gives_the_same():
    little = Image.Exif()
    little.endian = "<"
    little[Base.Make] = "Canon"
    little[Base.XResolution] = 72.5
    little[Base.Orientation] = 6
    data = little.tobytes()[6:]
    assert data.startswith(b"II")
    found = read_exif(data).image
    assert found[Base.Make].data == b"Canon\0"
    assert found[Base.Orientation] == Entry(SHORT, 1, b"\0\6")
    numerator, denominator = (
        int.from_bytes(found[Base.XResolution].data[at : at + 4], "big") for at in (0, 4)
    )
    assert numerator / denominator == 72.5


def test_a_pointer_may_say_that_it_is_one():
    block = bytearray(exif_bytes(Exif(gps={1: text_entry("N")})))
    at = block.index(b"\x88\x25") + 2
    block[at : at + 2] = IFD_KIND.to_bytes(2, "big")  # TIFF's type of its own for pointers
    assert read_exif(bytes(block)).gps == {1: text_entry("N")}


def test_a_block_too_long_for_a_jpeg_loses_its_largest_values_only():
    large, small = Entry(7, 70_000, bytes(70_000)), text_entry("kept")
    found = read_exif(exif_bytes(Exif({1: small}, {2: large, 3: small})))
    assert (found.image[1], found.exif) == (small, {3: small})


def test_damage_raises_nothing():
    rng = random.Random(3)
    good = exif_bytes(
        Exif({271: text_entry("Leica")}, {33434: rational_entry(0.01)}, {1: text_entry("N")})
    )
    for _ in range(500):
        data = bytearray(good[: rng.randint(0, len(good))])
        for _ in range(rng.randint(0, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        read_exif(bytes(data))
