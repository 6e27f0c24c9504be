from __future__ import annotations

import struct

import pytest
from PIL.ExifTags import Base

from pipeline.context.exif import read_photo
from pipeline.metadata.blocks import MetadataBlocks
from schemas.context import ContextSource
from tests.support.exif_photos import exif_with, tiff_block
from tests.support.xmp_documents import photo

STARS, PERCENT = 0x4746, 0x4749


def read(tags: dict[int, object]):
    return read_photo(photo(blocks=MetadataBlocks(exif=(tiff_block(exif_with(tags)),))))


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def test_what_windows_writes():
    facts = read(
        {
            STARS: 4,
            PERCENT: 75,
            Base.XPTitle: utf16("Harbour of Bergen"),
            Base.XPComment: utf16("A comment that is longer than sixteen characters"),
            Base.XPKeywords: utf16("sea;Z\u00fcrich; ;sea"),
        }
    )
    assert facts.source is ContextSource.EXIF
    assert (facts.rating, facts.title) == (4, "Harbour of Bergen")
    assert facts.caption == "A comment that is longer than sixteen characters"
    assert facts.keywords == ("sea", "Z\u00fcrich")


@pytest.mark.parametrize(
    ("tags", "rating"),
    [({STARS: 0}, 0), ({STARS: 5}, 5), ({STARS: 99}, None), ({PERCENT: 25}, 2), ({}, None)],
)
def test_ratings(tags, rating):
    assert read({Base.Make: "Canon", **tags}).rating == rating


def test_the_subject_is_a_title_where_there_is_no_other():
    assert read({Base.XPSubject: utf16("Fire")}).title == "Fire"


def test_a_description_is_a_caption():
    assert read({Base.ImageDescription: "Grandmother in 1950"}).caption == "Grandmother in 1950"


def test_a_description_of_the_camera_is_no_caption():
    assert read({Base.ImageDescription: "OLYMPUS DIGITAL CAMERA         "}).caption is None


def maker_note(burst: bytes, offset: int) -> bytes:
    """Apple's maker note with a burst's number, whose text is at the given offset."""
    entries = struct.pack(">HHII", 0x0001, 9, 1, 14) + struct.pack(
        ">HHII", 0x000B, 2, len(burst), offset
    )
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 2) + entries + b"\0" * 4 + burst


def test_bursts_of_an_iphone():
    burst = b"5F2E1B2C-0765-43BA-A90C-0D0580E6172C\0"
    for note, found in (
        (maker_note(burst, 44), burst[:-1].decode()),
        (maker_note(burst, 60_000), None),
        (maker_note(burst, 44)[:20], None),
        (b"Nikon\0", None),
    ):
        block = tiff_block(exif_with({Base.Make: "Apple"}, {Base.MakerNote: note}))
        assert read_photo(photo(blocks=MetadataBlocks(exif=(block,)))).burst_id == found


def test_photos_without_exif_say_nothing():
    assert read_photo(photo()) is None
    assert read({Base.Make: "Canon"}).is_empty
    assert read_photo(photo(blocks=MetadataBlocks(exif=(b"rubbish",)))).is_empty
