"""IPTC-IIM: the captions, keywords, places and dates of press photos (IIM 4.2).

In: a block of datasets, or the Photoshop resources that hold one. Out: texts by record and number
of their dataset. Nothing here raises on damaged input.
"""

from __future__ import annotations

from collections.abc import Mapping

DATE_CREATED, TIME_CREATED = (2, 55), (2, 60)  # of the image's content
DIGITIZED_DATE, DIGITIZED_TIME = (2, 62), (2, 63)
OBJECT_NAME, HEADLINE, CAPTION, KEYWORDS = (2, 5), (2, 105), (2, 120), (2, 25)
CITY, SUBLOCATION, PROVINCE_STATE, COUNTRY_NAME = (2, 90), (2, 92), (2, 95), (2, 101)
_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_MARK = 0x1C
_HEADER_BYTES = 5
_EXTENDED = 0x8000  # of a length: the rest counts the bytes of the true one
_RESOURCE = b"8BIM"
_IPTC_RESOURCE = 0x0404
_MOST_DATASETS = 2000

IptcTexts = Mapping[tuple[int, int], tuple[str, ...]]


def read_iptc(block: bytes) -> IptcTexts:
    """Return the texts of each dataset, in their order."""
    if block[:1] != bytes([_MARK]):
        # TIFF files that call the block 32-bit numbers have them in the file's byte order.
        block = b"".join(block[at : at + 4][::-1] for at in range(0, min(len(block), 1 << 16), 4))
    found: dict[tuple[int, int], list[bytes]] = {}
    at = 0
    for _ in range(_MOST_DATASETS):
        header = block[at : at + _HEADER_BYTES]
        if len(header) < _HEADER_BYTES or header[0] != _MARK:
            break
        length = header[3] << 8 | header[4]
        at += _HEADER_BYTES
        if length & _EXTENDED:
            size = length & ~_EXTENDED
            length = int.from_bytes(block[at : at + min(size, 4)], "big")
            at += size
        found.setdefault((header[1], header[2]), []).append(block[at : at + length])
        at += length
    is_utf8 = _UTF8 in found.get(_CHARACTER_SET, [])
    return {key: tuple(_text(value, is_utf8) for value in values) for key, values in found.items()}


def iptc_in_photoshop(resources: bytes) -> bytes:
    """Return the block among Photoshop's image resources; nothing where there is none."""
    at = resources.find(_RESOURCE)
    while at >= 0 and resources[at : at + 4] == _RESOURCE:
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        name_length = resources[at + 6] if at + 6 < len(resources) else 0
        size_at = at + 6 + (name_length + 2) // 2 * 2  # a name with its length has even size
        size = int.from_bytes(resources[size_at : size_at + 4], "big")
        start = size_at + 4
        if number == _IPTC_RESOURCE:
            return resources[start : start + size]
        at = start + size + size % 2
    return b""


def _text(value: bytes, is_utf8: bool) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("utf-8" if is_utf8 else "cp1252", "replace")
    return text.strip("\0 ")
