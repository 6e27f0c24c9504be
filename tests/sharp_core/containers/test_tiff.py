"""The one reader of TIFF directories."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharp_core.containers.tiff import (
    ASCII,
    LONG,
    RATIONAL,
    SHORT,
    SLONG,
    TIFF_HEADER,
    Directory,
    Entry,
    TiffReader,
    directory_bytes,
    integer_entry,
)


def one_entry(tag: int, kind: int, count: int, value: bytes, order: str = ">") -> bytes:
    """A block of one entry, its value behind it."""
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1)
    inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", 26)
    return header + struct.pack(order + "HHI", tag, kind, count) + inline + bytes(4) + value


def first(data: bytes) -> Directory:
    reader = TiffReader(data)
    return reader.directory(reader.first_offset)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kind", "code", "values"),
    [(SHORT, "H", (1, 2, 65535)), (LONG, "I", (7, 1 << 31)), (SLONG, "i", (-5, 5)), (1, "B", (9,))],
)
def test_values_come_in_big_endian_and_as_integers(order, kind, code, values):
    stored = struct.pack(f"{order}{len(values)}{code}", *values)
    entry = first(one_entry(5, kind, len(values), stored, order)).entries[5]
    assert entry == Entry(kind, len(values), struct.pack(f">{len(values)}{code}", *values))
    assert entry.integers() == values


def test_fractions_are_no_integers():
    entry = first(one_entry(5, RATIONAL, 1, struct.pack(">II", 1, 2))).entries[5]
    assert entry.integers() == ()


def test_directories_follow_each_other():
    start = 8 + len(directory_bytes({1: integer_entry(SHORT, 1)}, 8))
    data = TIFF_HEADER + directory_bytes({1: integer_entry(SHORT, 1)}, 8, start)
    data += directory_bytes({2: integer_entry(SHORT, 2)}, start)
    reader = TiffReader(data)
    one = reader.directory(reader.first_offset)
    two = reader.directory(one.next_offset)
    assert (set(one.entries), set(two.entries), two.next_offset) == ({1}, {2}, 0)
    assert not (one.is_cut_off or two.is_cut_off)


def test_only_wanted_tags_are_read():
    entries = {tag: integer_entry(SHORT, tag) for tag in (1, 2, 3)}
    reader = TiffReader(TIFF_HEADER + directory_bytes(entries, 8))
    assert set(reader.directory(8, {2}).entries) == {2}


def test_text_that_is_cut_off_is_kept_and_numbers_are_not():
    text = one_entry(5, ASCII, 12, b"Leica Camera")
    assert first(text[:-4]).entries[5] == Entry(ASCII, 8, b"Leica Ca")
    assert first(one_entry(5, LONG, 2, bytes(8))[:-1]).entries == {}


@pytest.mark.parametrize("offset", [-1, -(1 << 31), 1 << 31, 10_000])
def test_a_directory_beyond_the_file_is_cut_off(offset):
    assert TiffReader(TIFF_HEADER + bytes(40)).directory(offset) == Directory(is_cut_off=True)


def test_too_long_values_are_left_out():
    assert first(one_entry(5, 7, 70_000, bytes(70_000))).entries == {}
    assert first(one_entry(5, 7, 0xFFFFFFFF, bytes(100))).entries == {}


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b"IIRO", b"IIU\0"]))
def test_arbitrary_bytes_raise_nothing(data, signature):
    first(signature + data)
