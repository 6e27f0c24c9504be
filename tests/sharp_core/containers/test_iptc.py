"""IPTC-IIM and the Photoshop resources around it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.iptc import iptc_in_photoshop, read_iptc
from tests.support.iptc_files import iptc_block, photoshop

KEYWORDS = [(2, 25, b"sea"), (2, 25, "Küste".encode()), (2, 120, b"A caption.\0")]


def test_datasets_that_repeat_come_in_order():
    assert read_iptc(iptc_block(KEYWORDS))[2, 25] == ("sea", "Küste")
    assert read_iptc(iptc_block(KEYWORDS))[2, 120] == ("A caption.",)


def test_text_is_utf8_or_else_of_windows():
    assert read_iptc(iptc_block([(2, 120, b"\x93Ada\x94 \x80 5")]))[2, 120] == (
        "\u201cAda\u201d \u20ac 5",
    )
    assert read_iptc(iptc_block([(2, 5, b"K\xfcste")]))[2, 5] == ("Küste",)
    assert read_iptc(iptc_block([(2, 5, b"K\xfcste")], utf8=True))[2, 5] == ("K�ste",)
    assert read_iptc(iptc_block([(2, 5, "Küste".encode())], utf8=True))[2, 5] == ("Küste",)


def test_a_long_value():
    long = b"\x1c\x02\x78\x80\x04" + (40_000).to_bytes(4, "big") + b"x" * 40_000
    assert read_iptc(long + iptc_block(KEYWORDS))[2, 120] == ("x" * 40_000, "A caption.")


def test_a_block_of_swapped_numbers():
    block = iptc_block([(2, 5, b"abc")])
    assert len(block) % 4 == 0
    swapped = b"".join(block[at : at + 4][::-1] for at in range(0, len(block), 4))
    assert read_iptc(swapped) == read_iptc(block)


def test_the_resource_among_others():
    block = iptc_block(KEYWORDS)
    assert iptc_in_photoshop(photoshop(block)) == block
    assert iptc_in_photoshop(photoshop(block).replace(b"\x04\x04", b"\x04\x05")) == b""


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing(data):
    read_iptc(b"\x1c" + data)
    read_iptc(data)
    iptc_in_photoshop(b"8BIM" + data)
