"""Stereo pairs in JPEG files: MPO, two whole JPEGs in one file, and JPS, one that says what it is.

MPO follows CIPA DC-007 (2009); its index lies in an APP2 segment of each picture. JPS has an APP3
segment, as VRex defined it in 1997.
"""

from __future__ import annotations

_UNDEFINED, _LONG, _RATIONAL, _SRATIONAL = 7, 4, 5, 10  # TIFF's types
_VERSION = b"0100"
# Attributes of a picture of an MPO: one of several views, and the one to show where only one is.
_DISPARITY_VIEW = 0x00020002
_REPRESENTATIVE = 0x20000000
_TIFF_HEADER = b"MM\0*\0\0\0\x08"
_MARKER = b"MPF\0"

# A stereo picture, side by side; without the bit for "left eye first" the right eye comes first.
_JPS_RIGHT_FIRST = 0x00000201

_Entry = tuple[int, int, int, bytes]  # tag, type, count, value


def with_jps_marker(jpeg: bytes) -> bytes:
    """Return a JPEG of two pictures side by side, the right eye's first, that says so."""
    content = b"_JPSJPS_" + b"\0\4" + _JPS_RIGHT_FIRST.to_bytes(4, "big") + b"\0\0"
    at = _after_metadata(jpeg)
    return jpeg[:at] + _segment(0xE3, content) + jpeg[at:]


def mpo_of(left: bytes, right: bytes, baseline_m: float) -> bytes:
    """Return an MPO of two JPEGs. Programs that do not know MPO show the left one."""
    left_at, right_at = _after_metadata(left), _after_metadata(right)
    individual = [_individual(number, baseline_m) for number in (1, 2)]
    # Twice, for the numbers in the index depend on its length.
    sizes, second_offset = (0, 0), 0
    for _ in range(2):
        index = _index(sizes, second_offset)
        first = _spliced(left, left_at, _tiff([index, individual[0]]))
        second = _spliced(right, right_at, _tiff([[_version(), *individual[1]]]))
        sizes = len(first), len(second)
        second_offset = len(first) - (left_at + 4 + len(_MARKER))
    return first + second


def _index(sizes: tuple[int, int], second_offset: int) -> list[_Entry]:
    attributes = (_REPRESENTATIVE | _DISPARITY_VIEW, _DISPARITY_VIEW)
    pictures = b"".join(
        b"".join(number.to_bytes(4, "big") for number in (attribute, size, offset)) + bytes(4)
        for attribute, size, offset in zip(attributes, sizes, (0, second_offset), strict=True)
    )
    return [_version(), _long(0xB001, 2), (0xB002, _UNDEFINED, len(pictures), pictures)]


def _individual(number: int, baseline_m: float) -> list[_Entry]:
    baseline = round(baseline_m * 1e6).to_bytes(4, "big") + (1_000_000).to_bytes(4, "big")
    convergence = bytes(4) + (1000).to_bytes(4, "big")  # parallel cameras: no angle
    return [
        _long(0xB101, number),  # of this view
        _long(0xB204, 1),  # of the view that the distance counts from
        (0xB205, _SRATIONAL, 1, convergence),
        (0xB206, _RATIONAL, 1, baseline),  # metres
    ]


def _version() -> _Entry:
    return (0xB000, _UNDEFINED, len(_VERSION), _VERSION)


def _long(tag: int, value: int) -> _Entry:
    return (tag, _LONG, 1, value.to_bytes(4, "big"))


def _tiff(ifds: list[list[_Entry]]) -> bytes:
    """Return directories that follow each other, with the values that they do not hold."""
    data = _TIFF_HEADER
    for number, entries in enumerate(ifds):
        values_at = len(data) + 2 + 12 * len(entries) + 4
        packed, values = len(entries).to_bytes(2, "big"), b""
        for tag, kind, count, value in entries:
            packed += tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + count.to_bytes(4, "big")
            packed += value if len(value) == 4 else (values_at + len(values)).to_bytes(4, "big")
            values += value if len(value) > 4 else b""
        following = values_at + len(values) if number + 1 < len(ifds) else 0
        data += packed + following.to_bytes(4, "big") + values
    return data


def _spliced(jpeg: bytes, at: int, tiff: bytes) -> bytes:
    return jpeg[:at] + _segment(0xE2, _MARKER + tiff) + jpeg[at:]


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _after_metadata(jpeg: bytes) -> int:
    """Return the offset behind a JPEG's JFIF and Exif segments, where the next ones belong."""
    at = 2
    while jpeg[at] == 0xFF and jpeg[at + 1] in (0xE0, 0xE1):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return at
