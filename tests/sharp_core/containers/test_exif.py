from __future__ import annotations

import io
import logging
import random
import struct
import time

import exifread
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from sharp_core.containers.exif import Exif, block_in, read_exif, read_exif_blocks
from sharp_core.containers.exif_values import as_number, as_text, value_of
from sharp_core.containers.exif_write import exif_bytes, rational_entry, text_entry
from sharp_core.containers.jpeg import exif_contents
from sharp_core.containers.tiff import (
    BYTE,
    LONG,
    SHORT,
    TIFF_HEADER,
    Entry,
    directory_bytes,
    integer_entry,
)
from sharp_core.containers.tiff import IFD as IFD_KIND
from tests.support.paths import DATA, PHOTOS
from tests.support.pictures import encode

entries = st.one_of(
    st.text(max_size=20).map(text_entry),
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=9).map(
        lambda v: integer_entry(SHORT, *v)
    ),
    st.lists(st.integers(0, 0xFF), min_size=1, max_size=9).map(lambda v: integer_entry(BYTE, *v)),
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
            {Base.Make: text_entry("Leica"), Base.Orientation: integer_entry(SHORT, 1)},
            {Base.ExifImageWidth: integer_entry(LONG, 4000), Base.FNumber: rational_entry(2.8)},
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


def with_exif(pointers, exif, gps=None):
    """A block whose first directory holds the pointers of a set; the others those that are left."""
    image, own = {Base.Make: text_entry("Leica")}, dict(exif)
    for tag in (0x8825, 0xA005):
        (image if tag in pointers else own)[tag] = integer_entry(LONG, 0)
    image[0x8769] = integer_entry(LONG, 0)
    size = 8
    places = {}
    parts = {0: image, 0x8769: own, 0x8825: gps or {}, 0xA005: {1: text_entry("R03")}}
    for tag, entries in parts.items():
        places[tag] = size
        size += len(directory_bytes(entries, size))
    for entries in (image, own):
        entries |= {tag: integer_entry(LONG, at) for tag, at in places.items() if tag in entries}
    return TIFF_HEADER + b"".join(
        directory_bytes(entries, places[tag]) for tag, entries in parts.items()
    )


@pytest.mark.parametrize("pointers", [set(), {0x8825}, {0xA005}, {0x8825, 0xA005}])
def test_pointers_may_stand_in_either_directory(pointers):
    gps = {1: text_entry("N")}
    found = read_exif(with_exif(pointers, {Base.FNumber: rational_entry(2)}, gps))
    assert found.gps == gps
    assert found.interop == {1: text_entry("R03")}
    assert Base.FNumber in found.exif


def test_a_directory_that_leads_to_itself_is_read_once():
    image = {Base.Make: text_entry("Leica"), 0x8769: integer_entry(LONG, 8)}
    found = read_exif(TIFF_HEADER + directory_bytes(image, 8, next_offset=8))
    assert (found.image, found.exif, found.thumbnail) == (image, {}, None)


def test_where_the_thumbnail_lies():
    small = Image.new("RGB", (16, 12), "teal")
    exif = Image.Exif()
    exif[Base.Make] = "Leica"
    thumbnail = encode(small, "JPEG")
    first = directory_bytes({Base.Make: text_entry("Leica")}, 8)
    at = 8 + len(first)
    second = {0x201: integer_entry(LONG, 0), 0x202: integer_entry(LONG, len(thumbnail))}
    end = at + len(directory_bytes(second, at))
    second[0x201] = integer_entry(LONG, end)
    block = (
        TIFF_HEADER
        + directory_bytes({Base.Make: text_entry("Leica")}, 8, next_offset=at)
        + directory_bytes(second, at)
        + thumbnail
    )
    place = read_exif(block).thumbnail
    assert block[place.offset : place.offset + place.length] == thumbnail
    assert read_exif(block[:-1]).thumbnail is None  # it is cut off


def test_blocks_are_read_as_one_and_the_first_counts():
    first = exif_bytes(Exif({Base.Make: text_entry("Leica")}, {1: text_entry("a")}))
    second = exif_bytes(
        Exif({Base.Make: text_entry("Canon"), Base.Model: text_entry("M3")}, {2: text_entry("b")})
    )
    gps = exif_bytes(Exif({1: text_entry("N")}))
    found = read_exif_blocks([first, second], gps)
    assert found.image[Base.Make] == text_entry("Leica")
    assert found.image[Base.Model] == text_entry("M3")
    assert (found.exif, found.gps) == (
        {1: text_entry("a"), 2: text_entry("b")},
        {1: text_entry("N")},
    )


def test_an_exif_directory_may_come_first_in_its_block():
    """As the box CMT2 of a CR3 has it."""
    entries = {Base.ExifVersion: text_entry("0230"), Base.FNumber: rational_entry(2)}
    block = exif_bytes(Exif(entries))
    assert read_exif_blocks([block]).exif == entries


def test_hostile_counts_take_no_time():
    block = bytearray(TIFF_HEADER + b"\xff\xff")
    for tag in range(0xFFFF):
        block += struct.pack(">HHII", tag, 7, 0xFFFF, 8)
    block += struct.pack(">I", 8)
    started = time.perf_counter()
    found = read_exif(bytes(block))
    assert time.perf_counter() - started < 2
    assert sum(len(entry.data) for entry in found.image.values()) <= 1 << 24


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


# Against two other readers over the same photos: exifread and Pillow.
PHOTOS = [
    *(DATA / "metadata").glob("*.jpg"),
    PHOTOS / "GOPR0042.JPG",
    PHOTOS / "mongolels.jpg",
]
_LEFT_OUT = {0x927C, 0x9286, 0xA005, 0x8769, 0x8825}  # notes, comments and pointers


def own(path):
    block = next(map(block_in, exif_contents(path.read_bytes())))
    exif = read_exif(block)
    return block, {**exif.image, **exif.exif}, exif.gps


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_pillow_finds_the_same_tags_and_values(path):
    block, main, gps = own(path)
    exif = Image.Exif()
    exif.load(block)
    theirs = {**dict(exif), **exif.get_ifd(IFD.Exif)}
    assert set(theirs) - _LEFT_OUT <= set(main)
    assert set(exif.get_ifd(IFD.GPSInfo)) <= set(gps)
    for tag in set(theirs) - _LEFT_OUT:
        value = value_of(main[tag])
        if isinstance(theirs[tag], str):
            assert (as_text(value) or "") == theirs[tag].partition("\0")[0].strip()
        elif not isinstance(theirs[tag], (tuple, bytes)):
            number = as_number(value)
            assert number is None or number == pytest.approx(float(theirs[tag]))


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_exifread_finds_the_same_tags(path):
    logging.getLogger("exifread").setLevel(logging.CRITICAL)
    block, main, gps = own(path)
    found = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
    for name, tag in found.items():
        directory = {"Image": main, "EXIF": main, "GPS": gps}.get(name.partition(" ")[0])
        if directory is not None and tag.values and tag.tag not in _LEFT_OUT:
            assert tag.tag in directory, name
            if isinstance(tag.values, str):
                assert (as_text(value_of(directory[tag.tag])) or "") == tag.values.strip("\0 ")
