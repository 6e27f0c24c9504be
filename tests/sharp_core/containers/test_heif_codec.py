"""What HEIF files hold that no decoder at hand reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.heif_codec import has_sound_structure, rare_coding
from sharp_core.containers.isobmff import box_bytes, full_box_bytes
from tests.support.heif_files import with_properties
from tests.support.pictures import encode, scene

HEIF = encode(scene(), "HEIF")


def of_kind(kind: bytes) -> bytes:
    """The same file, whose picture says that it is of another kind."""
    assert HEIF.count(b"hvc1") == 1
    return HEIF.replace(b"hvc1", kind)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (b"unci", "uncompressed"),
        (b"j2k1", "JPEG 2000"),
        (b"avc1", "AVC"),
        (b"vvc1", "VVC"),
        (b"jpeg", "JPEG"),
    ],
)
def test_rare_codings_are_named(kind, word):
    assert word in rare_coding(of_kind(kind))


@pytest.mark.parametrize(
    ("code", "word"),
    [(b"brot", "brotli"), (b"defl", "deflate"), (b"zlib", "zlib"), (b"????", "an unknown method")],
)
def test_how_uncompressed_pixels_are_packed(code, word):
    packing = full_box_bytes(b"cmpC", code + b"\0")
    assert f"packed by {word}" in rare_coding(with_properties(of_kind(b"unci"), [packing]))


def test_usual_codings_have_no_name():
    assert rare_coding(HEIF) is None
    assert rare_coding(encode(scene(), "AVIF")) is None
    assert has_sound_structure(HEIF)


def test_a_mini_box():
    file = box_bytes(b"ftyp", b"mif3avif") + box_bytes(b"mini", bytes(40))
    assert "mini" in rare_coding(file)
    assert not has_sound_structure(file)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6))
def test_damage_raises_nothing(changes):
    file = bytearray(HEIF)
    for at, value in changes:
        file[at] = value
    rare_coding(bytes(file))
    has_sound_structure(bytes(file))
