"""What a file's name says of its shot: cameras and programs name bursts, edits and pairs by rules.

Sources: names that phones and programs write, as their makers or users document them.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple


class Role(Enum):
    """What a file is among those of its shot."""

    PHOTO = auto()
    EDIT = auto()  # a person's or a program's later version of the shot
    BURST_FRAME = auto()
    BURST_COVER = auto()  # the frame that the camera chose
    ORIGINAL = auto()  # what a camera's own effect was applied to


class ShotName(NamedTuple):
    """The name of a shot, folded, and what the file is in it."""

    shot: str
    role: Role


_EDIT_WORDS = "edited|edit|edits|hdr|bearbeitet|modifi[eé]|editad[oa]|modificato|bewerkt"
_BURSTS = (
    # A burst named by its time. Google Camera of old: 00001IMG_00001_BURST20191224123456789_COVER,
    # 00100lPORTRAIT_00100_BURST20191224123456789. Sony: DSC_0001_ and DSCPDC_0001_BURST2019...
    re.compile(r"\w+_(?P<shot>BURST\d{14}(?:\d{3})?)(?P<cover>_COVER)?", re.I),
    # Huawei, Xiaomi, Motorola: IMG_20191224_123456_BURST001_COVER_TOP. Pixel: PXL_....BURST-01
    re.compile(r"(?P<shot>.+?)[_.-]?BURST[_-]?\d{1,4}(?P<cover>[_.]COVER)?(?:_TOP)?", re.I),
    # Samsung: 20191224_123456_001
    re.compile(r"(?P<shot>\d{8}_\d{6})_\d{3}(?P<cover>(?!))?"),
)
# Pixel: PXL_20201224_123456789.PORTRAIT-02.ORIGINAL, .RAW-01.COVER, .MP, .NIGHT
_PIXEL = re.compile(r"(?P<shot>PXL_\d{8}_\d{9})(?:\.(?P<rest>.+))?", re.I)
_EDITS = (
    re.compile(r"(?P<start>IMG_)E(?P<shot>\d{4,})", re.I),  # iOS: IMG_E1234 of IMG_1234
    re.compile(r"(?P<shot>.+)~\d{1,2}"),  # Google Photos on Android: NAME~2
    # Takeout, Lightroom, Samsung: NAME-edited, NAME-Edit, NAME (edited), NAME-HDR
    re.compile(rf"(?P<shot>.+?)(?:[ _-]+\(?|\()(?:{_EDIT_WORDS})(?:-\d+)?\)?", re.I),
)
# Takeout numbers files of one name: NAME-edited(1) is the edit of NAME(1).
_NUMBERED = re.compile(r"(?P<name>.+?)(?P<number>\(\d{1,3}\))")


def read_shot_name(stem: str) -> ShotName:
    """Return what a file's name, without its suffix, says of its shot."""
    name, number = stem, ""
    if match := _NUMBERED.fullmatch(stem):
        name, number = match["name"], match["number"]
    for pattern in _EDITS:
        if match := pattern.fullmatch(name):
            original = f"{match.groupdict().get('start') or ''}{match['shot']}"
            return ShotName(f"{_shot_of(original)[0]}{number}".casefold(), Role.EDIT)
    shot, role = _shot_of(name)
    return ShotName(f"{shot}{number}".casefold(), role)


def _shot_of(name: str) -> tuple[str, Role]:
    """Return the shot and the role of a file that is no edit, by its name without a number."""
    for pattern in _BURSTS:
        if match := pattern.fullmatch(name):
            return match["shot"], Role.BURST_COVER if match["cover"] else Role.BURST_FRAME
    if match := _PIXEL.fullmatch(name):
        is_original = "ORIGINAL" in (match["rest"] or "").upper()
        return match["shot"], Role.ORIGINAL if is_original else Role.PHOTO
    return name, Role.PHOTO
