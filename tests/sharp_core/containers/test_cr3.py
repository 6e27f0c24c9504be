"""The directories in the boxes of a CR3."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.cr3 import Cr3Blocks, is_cr3, read_cr3
from tests.support import exif_photos as made

FILE = made.cr3(made.some_exif())


def test_each_directory_is_a_block():
    assert is_cr3(FILE)
    blocks = read_cr3(FILE)
    assert all(block.startswith((b"II*\0", b"MM\0*")) for block in blocks)
    assert b"Canon" in blocks.image
    assert b"EF 50mm" in blocks.exif


def test_what_is_missing_is_empty():
    assert read_cr3(FILE.replace(b"CMT4", b"free")).gps == b""
    assert read_cr3(b"") == Cr3Blocks()


@given(st.lists(st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), max_size=6))
def test_damaged_boxes_raise_nothing(changes):
    file = bytearray(FILE)
    for at, value in changes:
        file[at] = value
    assert isinstance(read_cr3(bytes(file)), Cr3Blocks)
