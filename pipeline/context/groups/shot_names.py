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
    # Google Camera of old: 00001IMG_00001_BURST20191224123456789_COVER
    re.compile(r"\d{5}(?:IMG|XTR|PORTRAIT)_\d{5}_(?P<shot>BURST\d{17})(?P<cover>_COVER)?", re.I),
    # Sony: DSCPDC_0001_BURST20190824130105506_COVER
    re.compile(r"DSCPDC_\d{4}_(?P<shot>BURST\d{17})(?P<cover>_COVER)?", re.I),
    # Huawei, Xiaomi, Pixel: IMG_20191224_123456_BURST001_COVER, PXL_20191224_123456789.BURST-01
    re.compile(r"(?P<shot>.+?)[_.-]?BURST[_-]?\d{1,4}(?P<cover>[_.]COVER)?", re.I),
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
    for pattern in _BURSTS:
        if match := pattern.fullmatch(stem):
            role = Role.BURST_COVER if match["cover"] else Role.BURST_FRAME
            return ShotName(match["shot"].casefold(), role)
    if (match := _PIXEL.fullmatch(stem)) and "~" not in stem:
        is_original = "ORIGINAL" in (match["rest"] or "").upper()
        return ShotName(match["shot"].casefold(), Role.ORIGINAL if is_original else Role.PHOTO)
    name, number = stem, ""
    if match := _NUMBERED.fullmatch(stem):
        name, number = match["name"], match["number"]
    for pattern in _EDITS:
        if match := pattern.fullmatch(name):
            start = match.groupdict().get("start") or ""
            return ShotName(f"{start}{match['shot']}{number}".casefold(), Role.EDIT)
    return ShotName(stem.casefold(), Role.PHOTO)
