"""What the text chunks of a PNG hold besides text: XMP, and profiles as hexadecimal digits.

Layout: PNG, third edition, 11.3.3; raw profiles as ImageMagick writes them: a name, a length and
lines of digits. The declared length counts: some writers put more behind it. Nothing here raises.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sharp_core.containers.png import chunks

_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type "
_HEADER = re.compile(rb"\s*([^\n]*)\n\s*(\d+)\s*\n")
_NO_DIGITS = re.compile(rb"[^0-9a-fA-F]+")
_MOST_BYTES = 1 << 21  # of a text, unpacked: a raw profile takes two digits a byte


class RawProfile(NamedTuple):
    """A profile and its type: exif, xmp, iptc, 8bim, or app1, which is either of the first two."""

    name: str
    content: bytes


def raw_profiles(data: bytes) -> Iterator[RawProfile]:
    """Yield the profiles of a file in their order."""
    for keyword, text in _texts(data, _RAW_PROFILE):
        header = _HEADER.match(text)
        if header:
            digits = _NO_DIGITS.sub(b"", text[header.end() :])[: 2 * int(header[2])]
            name = keyword.removeprefix(_RAW_PROFILE).decode("latin-1").strip().lower()
            yield RawProfile(name, bytes.fromhex(digits[: len(digits) // 2 * 2].decode()))


def xmp_text(data: bytes) -> bytes | None:
    """Return the XMP packet of a file, plain or compressed."""
    return next((text for _, text in _texts(data, _XMP)), None)


def _texts(data: bytes, start_of_keyword: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keyword and unpacked text of the chunks whose keyword begins so."""
    for kind, start, end in chunks(data):
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or not data.startswith(start_of_keyword, start):
            continue
        keyword, _, text = data[start:end].partition(b"\0")
        is_packed = kind == b"zTXt"
        if kind == b"zTXt":
            text = text[1:]  # the method of compression
        elif kind == b"iTXt":
            is_packed = text[:1] == b"\1"
            text = text[2:].split(b"\0", 2)[-1]  # after the language and the translated keyword
        yield keyword, _unpacked(text) if is_packed else text


def _unpacked(text: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(text, _MOST_BYTES)
    except zlib.error:
        return b""
