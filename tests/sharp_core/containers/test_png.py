"""The chunks of PNG files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.cicp import Cicp
from sharp_core.containers.png import image_chunks, read_cicp
from tests.support.pictures import encode, png_chunk, scene, with_png_chunk

PNG = encode(scene(), "PNG")


def test_a_plain_file_stays_as_it_is():
    assert image_chunks(PNG) == PNG
    assert image_chunks(PNG + b"what follows the end") == PNG


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"gAMA", b"vpAg"])
def test_what_only_describes_the_picture_is_left_out(kind):
    assert image_chunks(with_png_chunk(PNG, kind, bytes(20))) == PNG


@pytest.mark.parametrize("kind", [b"iCCP", b"tRNS", b"eXIf"])
def test_what_colours_need_is_kept_if_it_is_sound(kind):
    file = with_png_chunk(PNG, kind, b"content")
    assert image_chunks(file) == file
    assert image_chunks(file.replace(b"content", b"CONTENT")) == PNG


def test_a_file_that_is_cut_off_stays_so():
    for size in range(len(PNG)):
        assert PNG.startswith(image_chunks(PNG[:size]))


def test_colours_by_numbers():
    assert read_cicp(PNG) is None
    assert read_cicp(with_png_chunk(PNG, b"cICP", bytes([9, 16, 0, 1]))) == Cicp(9, 16)
    assert read_cicp(with_png_chunk(PNG, b"cICP", bytes(3))) is None
    assert read_cicp(PNG[:-12] + png_chunk(b"cICP", bytes([9, 16, 0, 1]))) is None  # too late


@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing(data):
    image_chunks(PNG[:8] + data)
    read_cicp(PNG[:8] + data)
