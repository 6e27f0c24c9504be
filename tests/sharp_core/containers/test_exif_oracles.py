"""Our reader of EXIF against two others over the same photos: exifread and Pillow."""

from __future__ import annotations

import io
import logging

import exifread
import pytest
from PIL import Image
from PIL.ExifTags import IFD

from sharp_core.containers.exif import block_in, read_exif
from sharp_core.containers.exif_values import as_number, as_text, value_of
from sharp_core.containers.jpeg import exif_contents
from tests.support.paths import DATA

PHOTOS = [
    *(DATA / "metadata").glob("*.jpg"),
    DATA / "photos" / "GOPR0042.JPG",
    DATA / "photos" / "mongolels.jpg",
]
_LEFT_OUT = {0x927C, 0x9286, 0xA005, 0x8769, 0x8825}  # notes, comments and pointers


def own(path):
    block = next(map(block_in, exif_contents(path.read_bytes())))
    exif = read_exif(block)
    return block, {**exif.image, **exif.exif}, exif.gps


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_pillow_finds_the_same_tags_and_values(path):
    block, main, gps = own(path)
    exif = Image.Exif()
    exif.load(block)
    theirs = {**dict(exif), **exif.get_ifd(IFD.Exif)}
    assert set(theirs) - _LEFT_OUT <= set(main)
    assert set(exif.get_ifd(IFD.GPSInfo)) <= set(gps)
    for tag in set(theirs) - _LEFT_OUT:
        value = value_of(main[tag])
        if isinstance(theirs[tag], str):
            assert (as_text(value) or "") == theirs[tag].partition("\0")[0].strip()
        elif not isinstance(theirs[tag], (tuple, bytes)):
            number = as_number(value)
            assert number is None or number == pytest.approx(float(theirs[tag]))


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_exifread_finds_the_same_tags(path):
    logging.getLogger("exifread").setLevel(logging.CRITICAL)
    block, main, gps = own(path)
    found = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
    for name, tag in found.items():
        directory = {"Image": main, "EXIF": main, "GPS": gps}.get(name.partition(" ")[0])
        if directory is not None and tag.values and tag.tag not in _LEFT_OUT:
            assert tag.tag in directory, name
            if isinstance(tag.values, str):
                assert (as_text(value_of(directory[tag.tag])) or "") == tag.values.strip("\0 ")
