"""Which of a photo's dates counts, over whole files."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

import pytest
from PIL.ExifTags import Base

from pipeline.metadata.read import read_metadata
from schemas.context import ContextSource
from schemas.records import MediaType, PhotoMeta
from tests.support import exif_photos as made
from tests.support.iptc_files import app13, iptc_block, photoshop
from tests.support.pictures import encode, scene, with_png_chunk

HOUR = timedelta(hours=1)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PRESS = [(2, 55, b"20061029"), (2, 60, b"062751-0500")]


def xmp_of(**properties: str) -> bytes:
    """A packet of properties; "exif_DateTimeOriginal" is exif:DateTimeOriginal."""
    body = "".join(
        f"<{name.replace('_', ':')}>{text}</{name.replace('_', ':')}>"
        for name, text in properties.items()
    )
    schemas = (
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    )
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f"<rdf:Description {schemas}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def jpeg(exif: dict | None = None, xmp: bytes = b"", iptc: bytes = b"") -> bytes:
    file = made.jpeg(made.exif_with({}, exif or {}))
    xap = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    segment = b"\xff\xe1" + (len(xap) + 2).to_bytes(2, "big") + xap if xmp else b""
    return file[:2] + segment + iptc + file[2:]


def taken(meta: PhotoMeta) -> tuple:
    return meta.taken_at, meta.taken_at_offset, meta.taken_at_source


def test_a_sidecar_is_a_person_s_later_word():
    file = jpeg({Base.DateTimeOriginal: "2003:01:01 00:03:12"})
    sidecar = xmp_of(exif_DateTimeOriginal="2019-08-14T18:30:00+02:00")
    meta = read_metadata(file, MediaType.JPEG, sidecar)
    assert taken(meta) == (datetime(2019, 8, 14, 18, 30), 2 * HOUR, ContextSource.SIDECAR)
    inside = read_metadata(jpeg({Base.DateTimeOriginal: "2003:01:01 00:03:12"}, sidecar), "jpeg")
    assert taken(inside) == (datetime(2003, 1, 1, 0, 3, 12), None, ContextSource.EXIF)


def test_a_sidecar_that_repeats_the_file_loses_nothing_of_it():
    tags = {
        Base.DateTimeOriginal: "2019:08:14 18:30:05",
        Base.SubsecTimeOriginal: "25",
        Base.OffsetTimeOriginal: "+02:00",
    }
    for text in ("2019-08-14T18:30:05", "2019-08-14"):
        meta = read_metadata(jpeg(tags), MediaType.JPEG, xmp_of(photoshop_DateCreated=text))
        assert taken(meta)[:2] == (datetime(2019, 8, 14, 18, 30, 5, 250_000), 2 * HOUR)


def test_when_a_sidecar_was_scanned_does_not_count_before_the_exposure():
    file = jpeg({Base.DateTimeOriginal: "2003:01:01 00:03:12"})
    meta = read_metadata(file, MediaType.JPEG, xmp_of(xmp_CreateDate="2019-08-14T18:30:00"))
    assert taken(meta)[2] is ContextSource.EXIF


def test_the_date_of_the_picture_counts_before_that_of_its_scan():
    scan = {Base.DateTimeDigitized: "2012:03:04 09:00:00"}
    xmp = xmp_of(photoshop_DateCreated="1985-07-14", xmp_CreateDate="2012-03-04T09:00:00")
    iptc = app13(iptc_block([(2, 55, b"19850714")]))
    for file in (jpeg(scan, xmp), jpeg(scan, b"", iptc), jpeg(scan, xmp, iptc)):
        assert read_metadata(file, MediaType.JPEG).taken_at == datetime(1985, 7, 14)
    assert read_metadata(jpeg(scan), MediaType.JPEG).taken_at == datetime(2012, 3, 4, 9)


@pytest.mark.parametrize("parts", [1, 3])
def test_iptc_alone(parts):
    meta = read_metadata(jpeg(iptc=app13(iptc_block(PRESS), parts)), MediaType.JPEG)
    assert taken(meta) == (datetime(2006, 10, 29, 6, 27, 51), -5 * HOUR, ContextSource.IPTC)


@pytest.mark.parametrize("known", ["1985", "1985-07"])
def test_a_scan_of_which_only_the_year_or_the_month_is_known(known):
    xmp = {"photoshop_DateCreated": known, "xmp_CreateDate": "2012-03-04T09:00:00"}
    first = datetime(1985, 7 if "-" in known else 1, 1)
    assert read_metadata(jpeg(xmp=xmp_of(**xmp)), MediaType.JPEG).taken_at == first
    iptc = app13(iptc_block([(2, 55, known.replace("-", "").ljust(8, "0").encode())]))
    assert read_metadata(jpeg(iptc=iptc), MediaType.JPEG).taken_at == first
    camera = {Base.DateTimeOriginal: "1985:07:14 10:11:12"}  # which says more
    sidecar = xmp_of(photoshop_DateCreated=known)
    meta = read_metadata(jpeg(camera), MediaType.JPEG, sidecar)
    assert meta.taken_at == datetime(1985, 7, 14, 10, 11, 12)


def test_xmp_that_was_copied_from_exif_tag_by_tag():
    xmp = xmp_of(
        exif_DateTimeOriginal="2011-02-03T04:05:06",
        exif_OffsetTimeOriginal="+05:30",
        exif_SubSecTimeOriginal="25",
    )
    meta = read_metadata(jpeg(), MediaType.JPEG, xmp)
    assert meta.taken_at == datetime(2011, 2, 3, 4, 5, 6, 250_000)
    assert meta.taken_at_offset == 5.5 * HOUR


@pytest.mark.parametrize(
    ("sidecar", "exif"), [("2014-09-16", "2014:09:16"), ("2014-09", "2014:09:00")]
)
def test_a_date_that_two_know_is_completed_by_a_third(sidecar, exif):
    file = jpeg({Base.DateTimeOriginal: exif}, xmp_of(exif_DateTimeOriginal="2014-09-16T14:05:00Z"))
    meta = read_metadata(file, MediaType.JPEG, xmp_of(exif_DateTimeOriginal=sidecar))
    assert meta.taken_at == datetime(2014, 9, 16, 14, 5)
    assert meta.taken_at_offset == timedelta(0)


def test_iptc_has_the_time_that_a_date_lacks():
    file = jpeg({}, xmp_of(photoshop_DateCreated="2006-10-29"), app13(iptc_block(PRESS)))
    meta = read_metadata(file, MediaType.JPEG)
    assert taken(meta) == (datetime(2006, 10, 29, 6, 27, 51), -5 * HOUR, ContextSource.EMBEDDED_XMP)
    other = jpeg({}, xmp_of(photoshop_DateCreated="2006-10-28"), app13(iptc_block(PRESS)))
    assert read_metadata(other, MediaType.JPEG).taken_at == datetime(2006, 10, 28)


@pytest.mark.parametrize("time", [b"", b"000000", b"99", b"0627"])
def test_iptc_with_half_a_time(time):
    file = jpeg(iptc=app13(iptc_block([(2, 55, b"20061029"), (2, 60, time)])))
    found = read_metadata(file, MediaType.JPEG).taken_at
    assert found in (datetime(2006, 10, 29), datetime(2006, 10, 29, 6, 27))


def test_iptc_of_a_png_and_of_a_tiff():
    profile = photoshop(iptc_block(PRESS))
    text = b"\niptc\n%8d\n" % len(profile) + profile.hex("\n", 36).encode() + b"\n"
    png = with_png_chunk(
        encode(scene(), "PNG"), b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text)
    )
    assert read_metadata(png, MediaType.PNG).taken_at == datetime(2006, 10, 29, 6, 27, 51)
    for tag, content in ((33723, iptc_block(PRESS)), (34377, profile)):
        tiff = encode(scene(), "TIFF", tiffinfo={tag: content})
        assert read_metadata(tiff, MediaType.TIFF).taken_at == datetime(2006, 10, 29, 6, 27, 51)


def test_xmp_of_a_png_in_each_form():
    xmp = xmp_of(photoshop_DateCreated="2016-05-04T03:02:01+02:00")
    text = b"\nxmp\n%8d\n" % len(xmp) + xmp.hex("\n", 36).encode() + b"\n"
    for kind, chunk in (
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        (b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(text)),
        (b"tEXt", b"Raw profile type xmp\0" + text),
    ):
        png = with_png_chunk(encode(scene(), "PNG"), kind, chunk)
        meta = read_metadata(png, MediaType.PNG)
        assert taken(meta) == (datetime(2016, 5, 4, 3, 2, 1), 2 * HOUR, ContextSource.EMBEDDED_XMP)


def test_bytes_between_segments_and_before_exif_lose_nothing():
    exif = {Base.DateTimeOriginal: "2011:02:03 04:05:06"}
    file = jpeg(exif)
    at = file.index(b"\xff\xe1")
    assert read_metadata(file[:at] + b"\0\0" + file[at:], "jpeg").taken_at == datetime(
        2011, 2, 3, 4, 5, 6
    )
    length = int.from_bytes(file[at + 2 : at + 4], "big")
    inside = file[: at + 2] + (length + 3).to_bytes(2, "big") + b"\0\1\2" + file[at + 4 :]
    assert read_metadata(inside, "jpeg").taken_at == datetime(2011, 2, 3, 4, 5, 6)
