"""A photo's XMP as Lightroom keeps it in a catalog -> its title, which stands nowhere else.

The text is packed: its length in four bytes (big-endian), then a zlib stream. Catalogs of before
Lightroom 6 have it plain. It is long, most of it being about the development of the photo, so it is
searched and not parsed: Adobe always writes a title in the same form.
"""

from __future__ import annotations

import html
import re
import zlib

from pipeline.context.texts import clean

_LENGTH_BYTES = 4
_MOST_BYTES = 1 << 24  # of a text: those with many brush strokes have some megabytes
_TITLE = re.compile(rb"<dc:title>\s*<rdf:Alt>\s*<rdf:li xml:lang=\"x-default\">(.*?)<", re.DOTALL)


def title_in(xmp: bytes | str | None) -> str | None:
    """Return the title in a catalog's XMP; None where there is none, or the text is damaged."""
    if not xmp:
        return None
    match = _TITLE.search(_unpacked(xmp))
    return None if match is None else clean(html.unescape(match[1].decode(errors="replace")))


def _unpacked(xmp: bytes | str) -> bytes:
    if isinstance(xmp, str):
        return xmp.encode()
    try:
        return zlib.decompressobj().decompress(xmp[_LENGTH_BYTES:], _MOST_BYTES)
    except zlib.error:
        return xmp
