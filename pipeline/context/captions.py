"""Captions that a person wrote, told from those that cameras write to every photo.

Editors copy the camera's from EXIF to XMP and IPTC, and photo libraries take them over.
"""

from __future__ import annotations

import re

from pipeline.context.texts import clean

_OF_A_CAMERA = re.compile(
    r"""(?:\w+\ ){0,2}digital\ (?:still\ ?)?camera  # OLYMPUS DIGITAL CAMERA
    |(?:\w+\ )?action\ cam | sony\ dsc | samsung | exif[ _]jpeg\w*
    |dcim\\.* | (?:dsc|img|dscn|dscf|pict|sam|hpim)[_-]?\d+(?:\.jpe?g)?  # what it calls the file
    |(?:[a-z]{3}_){1,6}[a-z]{3} | cof | [rv]?hdr | ptr | sdr | dav | edf | fbt | mde  # Huawei
    |oznor\w* | untitled | picture | image | default | null | none | binary | ascii | jpeg
    |[\s._*?-]*""",
    re.IGNORECASE | re.VERBOSE,
)


def clean_caption(text: object) -> str | None:
    """Return a caption, tidied; None if it is empty or a camera's."""
    caption = clean(text)
    return None if caption is None or _OF_A_CAMERA.fullmatch(caption) else caption
