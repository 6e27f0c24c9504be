"""XMP and raw profiles in the text chunks of PNG files."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.png_text import RawProfile, raw_profiles, xmp_text
from tests.support.pictures import encode, scene, with_png_chunk

PNG = encode(scene(), "PNG")
XMP = b"<x:xmpmeta><rdf:RDF></rdf:RDF></x:xmpmeta>"


def raw_profile(name: bytes, content: bytes, *, declared: int | None = None) -> bytes:
    length = len(content) if declared is None else declared
    return b"\n%s\n%8d\n" % (name, length) + content.hex("\n", 36).encode() + b"\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_raw_profile_is_as_long_as_it_says(packed):
    text = raw_profile(b"exif", b"content and a tail", declared=7)
    kind, body = (b"zTXt", b"\0" + zlib.compress(text)) if packed else (b"tEXt", text)
    png = with_png_chunk(PNG, kind, b"Raw profile type exif\0" + body)
    assert list(raw_profiles(png)) == [RawProfile("exif", b"content")]


@pytest.mark.parametrize(
    "text", [b"", b"\nexif\n", b"\nexif\n  -3\n00", b"\nexif\n 4\nzz", b"\nexif\n 4\n0"]
)
def test_half_a_raw_profile_is_an_empty_one_or_none(text):
    png = with_png_chunk(PNG, b"tEXt", b"Raw profile type exif\0" + text)
    assert all(profile.content in (b"", b"\0") for profile in raw_profiles(png))


@pytest.mark.parametrize("packed", [False, True])
def test_xmp(packed):
    text = zlib.compress(XMP) if packed else XMP
    flag = bytes([packed])
    chunk = b"XML:com.adobe.xmp\0" + flag + b"\0en\0translated\0" + text
    assert xmp_text(with_png_chunk(PNG, b"iTXt", chunk)) == XMP
    assert xmp_text(PNG) is None


def test_a_packed_text_cannot_fill_the_memory():
    bomb = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(50 << 20))
    assert len(xmp_text(with_png_chunk(PNG, b"iTXt", bomb))) <= 1 << 21


@given(st.sampled_from([b"tEXt", b"zTXt", b"iTXt"]), st.binary(max_size=60))
def test_arbitrary_texts_raise_nothing(kind, data):
    for keyword in (b"XML:com.adobe.xmp", b"Raw profile type exif"):
        png = with_png_chunk(PNG, kind, keyword + data)
        list(raw_profiles(png))
        xmp_text(png)
