from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.ExifTags import GPS, Base

from pipeline.metadata.exif import ExifTags, read_tags
from sharp_core.containers.exif_values import Rational, as_number, as_rational, as_text
from tests.support import exif_photos as made


def block(endian: str, tag: int, field_type: int, count: int, value: bytes) -> bytes:
    """A TIFF file of one tag."""
    header = b"II*\0" if endian == "<" else b"MM\0*"
    entry = struct.pack(endian + "HHHI", 1, tag, field_type, count)
    inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(endian + "I", 26)
    return header + struct.pack(endian + "I", 8) + entry + inline + b"\0" * 4 + value


@pytest.mark.parametrize("endian", ["<", ">"])
@given(numerator=st.integers(0, 2**32 - 1), denominator=st.integers(0, 2**32 - 1))
def test_fractions_are_kept_as_written(endian, numerator, denominator):
    value = struct.pack(endian + "II", numerator, denominator)
    fields = read_tags([block(endian, Base.FocalLength, 5, 1, value)])
    assert fields.main[Base.FocalLength] == (Rational(numerator, denominator),)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(
    ("field_type", "layout", "number"), [(3, "H", 65535), (4, "I", 7), (8, "h", -3), (12, "d", 0.5)]
)
def test_numbers_of_every_type(endian, field_type, layout, number):
    data = block(endian, Base.FocalLength, field_type, 1, struct.pack(endian + layout, number))
    assert as_number(read_tags([data]).main[Base.FocalLength]) == number


def test_text_is_utf8_or_else_of_windows():
    for text, encoding in (("Été", "utf-8"), ("Été", "latin-1"), ("\u20ac\u2019", "cp1252")):
        data = text.encode(encoding) + b"\0\0\0\0"
        fields = read_tags([block("<", Base.Make, 2, len(data), data)])
        assert as_text(fields.main[Base.Make]) == text


def test_the_first_block_counts():
    canon, nikon = (
        made.tiff_block(made.exif_with({Base.Make: make}))
        for make in ("Canon", "NIKON CORPORATION")
    )
    assert read_tags([canon, nikon]).main[Base.Make] == "Canon"
    assert read_tags([]) == ExifTags()


def test_gps_alone():
    gps = made.tiff_block(made.exif_with({GPS.GPSLatitudeRef: "N"}))
    assert read_tags([], gps).gps[GPS.GPSLatitudeRef] == "N"


def test_a_wrong_offset_costs_one_tag():
    exif = made.exif_with({Base.ImageDescription: "a long description", Base.Make: "Canon"})
    data = bytearray(made.tiff_block(exif))
    entry = 8 + 2  # the first: descriptions have the lowest number
    data[entry + 8 : entry + 12] = b"\xff\xff\xff\xff"
    assert read_tags([bytes(data)]).main == {Base.Make: "Canon"}


def test_a_directory_that_is_cut_off_gives_what_is_there():
    data = made.tiff_block(made.exif_with({Base.Make: "HTC", Base.Orientation: 6}))
    tags = 8 + 2 + 2 * 12
    assert read_tags([data[:tags]]).main == {Base.Make: "HTC", Base.Orientation: (Rational(6),)}
    # A short number needs the first half of its four bytes alone.
    assert read_tags([data[: tags - 2]]) == read_tags([data[:tags]])
    assert read_tags([data[: tags - 12]]).main == {Base.Make: "HTC"}


def test_junk_after_the_tags_costs_none_of_them():
    """Minutes of reading: 65,000 tags of 999 numbers where a sound file describes its thumbnail."""
    sound = made.tiff_block(made.some_exif()).replace(b"EF 50mm", "É 50mm".encode())
    order = "<" if sound.startswith(b"II") else ">"
    (count,) = struct.unpack_from(order + "H", sound, 8)
    data = bytearray(sound)
    struct.pack_into(order + "I", data, 8 + 2 + 12 * count, len(data))
    data += struct.pack(order + "H", 65_000)
    data += struct.pack(order + "HHII", 1, 3, 999, 8) * 65_000
    assert read_tags([bytes(data)]) == read_tags([sound])


def test_a_tag_of_very_many_numbers_is_cut_short():
    values = struct.pack("<5000H", *range(5000))
    fields = read_tags([block("<", Base.FocalLength, 3, 5000, values)])
    assert fields.main[Base.FocalLength] == tuple(map(Rational, range(16)))


@given(st.binary(max_size=300), st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_random_directories_are_no_error(data, header):
    fields = read_tags([header + data], header + data)
    for value in (*fields.main.values(), *fields.gps.values()):
        as_text(value)
        number = as_number(value)
        assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("value", "rational"),
    [
        ("250/1", Rational(250, 1)),
        ("41", Rational(41, 1)),
        ("-1.5 m", Rational(-1.5, 1)),
        ("undef", None),
        ("", None),
        (None, None),
        ((), None),
        ((Rational(3, 4), Rational(5)), Rational(3, 4)),
    ],
)
def test_as_rational(value, rational):
    assert as_rational(value) == rational


def test_as_number_of_no_number():
    assert as_number((Rational(1, 0),)) is None
    assert as_number("1/0") is None
    assert as_number((Rational(math.inf),)) is None


def test_as_text_of_padding():
    assert as_text("Canon\0junk") == "Canon"
    assert as_text(" \0") is None
    assert as_text((Rational(1),)) is None
