"""Stereo pairs in JPEG files: MPO, two whole JPEGs in one file, and JPS, one that says what it is.

MPO follows CIPA DC-007 (2009); its index lies in an APP2 segment of each image. JPS has an APP3
segment, as VRex defined it in 1997.
"""

from __future__ import annotations

from sharp_core.containers.jpeg import APP2, APP3, end_of_metadata, segment_bytes
from sharp_core.containers.tiff import (
    LONG,
    RATIONAL,
    SRATIONAL,
    TIFF_HEADER,
    UNDEFINED,
    Entry,
    directory_bytes,
    integer_entry,
)

_VERSION = b"0100"
_VERSION_ENTRY = {0xB000: Entry(UNDEFINED, len(_VERSION), _VERSION)}
# Attributes of an image of an MPO: one of several views, and the one to show where only one is.
_DISPARITY_VIEW = 0x00020002
_REPRESENTATIVE = 0x20000000
_MARKER = b"MPF\0"

# A stereo image, side by side; without the bit for "left eye first" the right eye comes first.
_JPS_RIGHT_FIRST = 0x00000201

_Entries = dict[int, Entry]


def with_jps_marker(jpeg: bytes) -> bytes:
    """Return a JPEG of two images side by side, the right eye's first, that says so."""
    content = b"_JPSJPS_" + b"\0\4" + _JPS_RIGHT_FIRST.to_bytes(4, "big") + b"\0\0"
    at = end_of_metadata(jpeg)
    return jpeg[:at] + segment_bytes(APP3, content) + jpeg[at:]


def mpo_of(left: bytes, right: bytes, baseline_m: float) -> bytes:
    """Return an MPO of two JPEGs. Programs that do not know MPO show the left one."""
    left_at, right_at = end_of_metadata(left), end_of_metadata(right)
    individual = [_individual(number, baseline_m) for number in (1, 2)]
    # Twice, for the numbers in the index depend on its length.
    sizes, second_offset = (0, 0), 0
    for _ in range(2):
        index = _index(sizes, second_offset)
        first = _spliced(left, left_at, _tiff([index, individual[0]]))
        second = _spliced(right, right_at, _tiff([_VERSION_ENTRY | individual[1]]))
        sizes = len(first), len(second)
        second_offset = len(first) - (left_at + 4 + len(_MARKER))
    return first + second


def _index(sizes: tuple[int, int], second_offset: int) -> _Entries:
    attributes = (_REPRESENTATIVE | _DISPARITY_VIEW, _DISPARITY_VIEW)
    images = b"".join(
        b"".join(number.to_bytes(4, "big") for number in (attribute, size, offset)) + bytes(4)
        for attribute, size, offset in zip(attributes, sizes, (0, second_offset), strict=True)
    )
    entry = Entry(UNDEFINED, len(images), images)
    return _VERSION_ENTRY | {0xB001: integer_entry(LONG, 2), 0xB002: entry}


def _individual(number: int, baseline_m: float) -> _Entries:
    baseline = round(baseline_m * 1e6).to_bytes(4, "big") + (1_000_000).to_bytes(4, "big")
    convergence = bytes(4) + (1000).to_bytes(4, "big")  # parallel cameras: no angle
    return {
        0xB101: integer_entry(LONG, number),  # of this view
        0xB204: integer_entry(LONG, 1),  # of the view that the distance counts from
        0xB205: Entry(SRATIONAL, 1, convergence),
        0xB206: Entry(RATIONAL, 1, baseline),  # metres
    }


def _tiff(directories: list[_Entries]) -> bytes:
    """Return directories that follow each other, each with its values behind it."""
    data = TIFF_HEADER
    for number, entries in enumerate(directories):
        end = len(data) + len(directory_bytes(entries, len(data)))
        is_last = number + 1 == len(directories)
        data += directory_bytes(entries, len(data), 0 if is_last else end)
    return data


def _spliced(jpeg: bytes, at: int, tiff: bytes) -> bytes:
    return jpeg[:at] + segment_bytes(APP2, _MARKER + tiff) + jpeg[at:]
