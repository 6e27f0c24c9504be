"""The one reader of TIFF directories (IFDs): of TIFF and raw files, EXIF blocks and MPO indices.

In: bytes that start with a TIFF header. Out: directories of entries, each with its type and its
values as they are stored. Layout: TIFF 6.0 (1992), section 2. Counts and offsets come from the
file, so a reader has a budget of entries and bytes. Nothing here raises on damaged input.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Mapping
from typing import NamedTuple

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG, SRATIONAL = 1, 2, 3, 4, 5, 7, 9, 10
FLOAT, DOUBLE, IFD, UTF8 = 11, 12, 13, 129

TIFF_HEADER = b"MM\0*\0\0\0\x08"  # of blocks written here: the first directory follows at once

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_WORDS = {3: "H", 4: "I", 5: "I", 8: "H", 9: "I", 10: "I", 11: "I", 12: "Q", 13: "I"}  # have order
_INTEGERS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I"}
_BYTE_ORDERS = {  # by a file's first bytes
    **dict.fromkeys((b"II*\0", b"IIU\0", b"IIRO", b"IIRS"), "<"),  # TIFF, RW2, ORF, ORF
    **dict.fromkeys((b"MM\0*", b"MMOR"), ">"),  # TIFF, ORF
}
_HEADER_BYTES, _ENTRY_BYTES = 8, 12
_VALUE_AT, _INLINE_BYTES = 8, 4  # of an entry: where its value or its offset is
_MAX_ENTRIES = 1 << 14  # of all directories together: photos have up to 1,000
_MAX_BYTES = 1 << 24  # of all values together
_MAX_VALUE_BYTES = 1 << 16  # of one entry: a 400-megapixel raw in 256-pixel tiles needs 24,000


class Entry(NamedTuple):
    """One entry of a directory: its type, the number of its values, and these in big-endian."""

    kind: int
    value_count: int
    data: bytes

    def integers(self) -> tuple[int, ...]:
        """Return whole numbers, or the bytes of text; nothing for fractions."""
        code = _INTEGERS.get(self.kind)
        return struct.unpack(f">{self.value_count}{code}", self.data) if code else ()


class Directory(NamedTuple):
    """One directory as far as the file holds it."""

    entries: Mapping[int, Entry] = {}
    next_offset: int = 0  # of the directory that follows; 0 for none
    is_cut_off: bool = False  # a part of it lies beyond the end


class TiffReader:
    """Reads the directories of one block of bytes, within a budget.

    Bytes that are no TIFF have no first directory: its offset is 0.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = _BYTE_ORDERS.get(data[:4], "")
        self._entries_left = _MAX_ENTRIES
        self._bytes_left = _MAX_BYTES
        has_header = self._order and len(data) >= _HEADER_BYTES
        self.first_offset = self._unpack("I", 4) if has_header else 0

    def directory(self, offset: int, wanted: Container[int] | None = None) -> Directory:
        """Read the directory at an offset; of its tags all, or the wanted ones.

        The first of a repeated tag counts. What is damaged or too long is left out; text that
        reaches beyond the end is kept as far as it goes.
        """
        size = len(self._data)
        if not self._order or not 0 <= offset <= size - 2:
            return Directory(is_cut_off=True)
        count = self._unpack("H", offset)
        end = offset + 2 + _ENTRY_BYTES * count
        entries: dict[int, Entry] = {}
        for at in range(offset + 2, min(end, size - _VALUE_AT), _ENTRY_BYTES):
            self._entries_left -= 1
            if self._entries_left < 0:
                break
            tag = self._unpack("H", at)
            if tag in entries or (wanted is not None and tag not in wanted):
                continue
            entry = self._entry(at)
            if entry is not None:
                entries[tag] = entry
        if end + 4 > size:
            return Directory(entries, is_cut_off=True)
        return Directory(entries, self._unpack("I", end))

    def _entry(self, at: int) -> Entry | None:
        kind, count = self._unpack("H", at + 2), self._unpack("I", at + 4)
        size = _SIZES.get(kind, 0) * count
        start = at + _VALUE_AT
        if size > _INLINE_BYTES:
            if start + 4 > len(self._data):
                return None
            start = self._unpack("I", start)
        if not 0 < size <= min(_MAX_VALUE_BYTES, self._bytes_left):
            return None
        data = self._data[start : start + size]
        if kind in (ASCII, UTF8):
            count = len(data)
        elif len(data) < size:
            return None
        self._bytes_left -= size
        return Entry(kind, count, self._big_endian(data, kind)) if data else None

    def _big_endian(self, data: bytes, kind: int) -> bytes:
        code = _WORDS.get(kind)
        if self._order == ">" or code is None:
            return data
        layout = f"{len(data) // struct.calcsize('=' + code)}{code}"
        return struct.pack(f">{layout}", *struct.unpack(f"<{layout}", data))

    def _unpack(self, code: str, at: int) -> int:
        (value,) = struct.unpack_from(self._order + code, self._data, at)
        return int(value)


def directory_bytes(entries: Mapping[int, Entry], at: int, next_offset: int = 0) -> bytes:
    """Return a big-endian directory that lies at an offset, with its values behind it."""
    ordered = sorted(entries.items())
    values_at = at + 2 + _ENTRY_BYTES * len(ordered) + 4
    packed, values = struct.pack(">H", len(ordered)), b""
    for tag, (kind, count, data) in ordered:
        packed += struct.pack(">HHI", tag, kind, count)
        if len(data) <= _INLINE_BYTES:
            packed += data.ljust(_INLINE_BYTES, b"\0")
        else:
            packed += struct.pack(">I", values_at + len(values))
            values += data + b"\0" * (len(data) % 2)  # TIFF's values begin at even offsets
    return packed + struct.pack(">I", next_offset) + values


def integer_entry(kind: int, *values: int) -> Entry:
    """Return whole numbers: BYTE, SHORT or LONG."""
    size = _SIZES[kind]
    return Entry(kind, len(values), b"".join(value.to_bytes(size, "big") for value in values))
