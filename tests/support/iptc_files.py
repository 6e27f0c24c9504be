"""IPTC-IIM made for a test, and where files keep it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Datasets = Sequence[tuple[int, int, bytes]]


def iptc_block(datasets: Datasets, *, utf8: bool = False) -> bytes:
    """Datasets of record, number and value; `utf8` says so, as programs of today do."""
    marked = [(1, 90, b"\x1b%G"), *datasets] if utf8 else datasets
    return b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value in marked
    )


def photoshop(block: bytes) -> bytes:
    """Photoshop's image resources: another one first, with a name of odd length."""

    def resource(number: int, name: bytes, content: bytes) -> bytes:
        named = bytes([len(name)]) + name
        named += b"\0" * (len(named) % 2)
        padded = content + b"\0" * (len(content) % 2)
        return (
            b"8BIM" + struct.pack(">H", number) + named + struct.pack(">I", len(content)) + padded
        )

    return resource(0x03ED, b"size", b"abc") + resource(0x0404, b"", block)


def app13(block: bytes, parts: int = 1) -> bytes:
    """The segments of a JPEG that hold a block, cut into as many parts."""
    content = photoshop(block)
    step = -(-len(content) // parts)
    pieces = [content[at : at + step] for at in range(0, len(content), step)]
    named = [b"Photoshop 3.0\0" + piece for piece in pieces]
    return b"".join(b"\xff\xed" + struct.pack(">H", len(n) + 2) + n for n in named)
