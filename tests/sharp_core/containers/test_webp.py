"""The chunks of WebP files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.webp import chunks, is_cut_off
from tests.support.pictures import encode, scene

EXIF = b"II*\0 an odd number of bytes"


def test_chunks_lie_at_even_offsets():
    file = encode(scene(), "WEBP", exif=EXIF)
    found = {chunk.kind: file[chunk.start : chunk.end] for chunk in chunks(file)}
    assert len(EXIF) % 2
    assert found[b"EXIF"] == EXIF
    assert {b"VP8X", b"VP8 "} <= set(found)


def test_a_file_shorter_than_it_says_is_cut_off():
    file = encode(scene(), "WEBP")
    assert not is_cut_off(file)
    assert is_cut_off(file[:-1])


@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing(data):
    list(chunks(data))
    is_cut_off(data)
