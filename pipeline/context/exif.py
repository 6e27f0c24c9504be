"""EXIF in a photo -> Windows' stars and texts, the description, and the burst of an iPhone.

Windows writes its texts as UTF-16 in bytes: keywords are separated by semicolons.
"""

from __future__ import annotations

from collections.abc import Mapping

from PIL.ExifTags import Base

from pipeline.context.captions import clean_caption
from pipeline.context.source import PhotoMaterial
from pipeline.context.texts import clean, clean_all
from pipeline.context.xmp import stars_of_percent
from schemas.context import ContextFacts, ContextSource
from sharp_core.containers.exif import read_exif_blocks
from sharp_core.containers.exif_values import as_number, as_text, value_of
from sharp_core.containers.tiff import TIFF_HEADER, Entry, TiffReader

_STARS, _PERCENT = 0x4746, 0x4749
_MOST_STARS = 5
_APPLE, _BURST = b"Apple iOS\0\0\1MM", 0x000B  # the maker note's header, and a tag in it


def read_photo(photo: PhotoMaterial) -> ContextFacts | None:
    """Return what a photo's EXIF tags say."""
    if not photo.blocks.exif:
        return None
    exif = read_exif_blocks(photo.blocks.exif)
    tags = exif.image
    return ContextFacts(
        source=ContextSource.EXIF,
        rating=_read_rating(tags),
        title=_utf16(tags, Base.XPTitle) or _utf16(tags, Base.XPSubject),
        caption=clean_caption(_utf16(tags, Base.XPComment) or _description(tags)),
        keywords=clean_all((_utf16(tags, Base.XPKeywords) or "").split(";")),
        burst_id=_read_burst(exif.exif),
    )


def _read_rating(tags: Mapping[int, Entry]) -> int | None:
    stars = as_number(value_of(tags[_STARS])) if _STARS in tags else None
    if stars is not None and 0 <= stars <= _MOST_STARS:
        return round(stars)
    percent = as_number(value_of(tags[_PERCENT])) if _PERCENT in tags else None
    return stars_of_percent(percent) if percent is not None and percent <= 100 else None


def _read_burst(tags: Mapping[int, Entry]) -> str | None:
    """Read the burst's number from Apple's maker note: a directory behind a header of 14 bytes.

    Its offsets count from the header's start, where the header of a TIFF file is put instead.
    """
    note = tags[Base.MakerNote].data if Base.MakerNote in tags else b""
    if not note.startswith(_APPLE):
        return None
    header = TIFF_HEADER[:4] + len(_APPLE).to_bytes(4, "big")
    entry = TiffReader(header + note[len(header) :]).directory(len(_APPLE)).entries.get(_BURST)
    return None if entry is None else clean(as_text(value_of(entry)))


def _utf16(tags: Mapping[int, Entry], tag: int) -> str | None:
    if tag not in tags:
        return None
    return clean(tags[tag].data.decode("utf-16-le", "ignore").partition("\0")[0])


def _description(tags: Mapping[int, Entry]) -> str | None:
    entry = tags.get(Base.ImageDescription)
    return None if entry is None else as_text(value_of(entry))
