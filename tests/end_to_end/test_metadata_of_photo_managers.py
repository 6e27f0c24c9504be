"""What Lightroom and Apple Photos write is read as they mean it.

Neither can be run here: the files are made after the layout of theirs. Lightroom puts its
properties into attributes and pads the packet, keeps EXIF, IPTC and XMP of one meaning, and gives
coordinates in minutes. Apple Photos writes EXIF into what it exports, and elements with decimal
degrees beside it, whose directions are properties of their own.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from schemas.context import ContextSource
from schemas.records import MediaType
from tests.support.exif_photos import exif_with, heif, jpeg, saved, tiff_block
from tests.support.iptc_files import app13, iptc_block, photoshop
from tests.support.known_metadata import (
    ALTITUDE,
    EXIF,
    check_camera,
    check_place,
    check_time,
    metadata_of,
)
from tests.support.paths import DATA
from tests.support.pictures import with_png_chunk

NOTHING = exif_with({})
LIGHTROOM = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
    ' tiff:Make="Canon" tiff:Model="Canon EOS 80D" tiff:Orientation="1"'
    ' xmp:ModifyDate="2021-03-01T10:00:00+01:00" xmp:CreateDate="2019-08-14T18:30:05+02:00"'
    ' xmp:MetadataDate="2021-03-01T10:00:00+01:00" xmp:CreatorTool="Adobe Lightroom Classic"'
    ' photoshop:DateCreated="2019-08-14T18:30:05+02:00"'
    ' exif:DateTimeOriginal="2019-08-14T18:30:05+02:00" exif:FocalLength="35/1"'
    ' exif:FocalLengthIn35mmFilm="56" exif:GPSVersionID="2.3.0.0" exif:GPSLatitude="48,51.504N"'
    ' exif:GPSLongitude="2,17.67E" exif:GPSAltitudeRef="0" exif:GPSAltitude="355/10"'
    ' crs:HasCrop="False" crs:AlreadyApplied="True">'
    "<dc:subject><rdf:Bag><rdf:li>Paris</rdf:li></rdf:Bag></dc:subject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>" + " " * 2000 + '<?xpacket end="w"?>'
).encode()
IPTC = iptc_block([(2, 0, b"\0\4"), (2, 55, b"20190814"), (2, 60, b"183005+0200")], utf8=True)


def app1(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def lightroom_jpeg(exif: Image.Exif, xmp: bytes = LIGHTROOM) -> bytes:
    """EXIF, then Photoshop's resources, then XMP."""
    made = jpeg(exif)
    at = 2
    while made[at + 1] in (0xE0, 0xE1):
        at += 2 + int.from_bytes(made[at + 2 : at + 4], "big")
    packet = app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp) if xmp else b""
    return made[:at] + app13(IPTC) + packet + made[at:]


@pytest.mark.parametrize(
    ("exif", "xmp", "source"),
    [
        (EXIF, LIGHTROOM, ContextSource.EXIF),
        (NOTHING, LIGHTROOM, ContextSource.EMBEDDED_XMP),
        (NOTHING, b"", ContextSource.IPTC),
    ],
    ids=["all", "without exif", "iptc alone"],
)
def test_lightroom_exports_a_jpeg(exif, xmp, source):
    meta = read_metadata(lightroom_jpeg(exif, xmp), MediaType.JPEG)
    check_time(meta, source)
    if xmp:
        check_camera(meta)
        check_place(meta, source)


@pytest.mark.parametrize("kind", [1, 4, 7], ids=["bytes", "long numbers", "undefined"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_lightroom_exports_a_tiff(kind, order):
    """Photoshop calls the IPTC block 32-bit numbers, though its bytes keep their order."""
    block = IPTC + bytes(-len(IPTC) % 4)
    entries = [(700, 1, LIGHTROOM), (33723, kind, block), (34377, 1, photoshop(IPTC))]
    for tags, source in (
        (entries, ContextSource.EMBEDDED_XMP),
        (entries[1:], ContextSource.IPTC),
        (entries[2:], ContextSource.IPTC),
    ):
        check_time(read_metadata(tiff_of(tags, order), MediaType.TIFF), source)


def tiff_of(entries: list[tuple[int, int, bytes]], order: str) -> bytes:
    at = 8 + 2 + 12 * len(entries) + 4
    directory, values = struct.pack(order + "H", len(entries)), b""
    for tag, kind, content in entries:
        count = len(content) // (4 if kind == 4 else 1)
        directory += struct.pack(order + "HHII", tag, kind, count, at + len(values))
        values += content + bytes(len(content) % 2)
    header = b"II*\0" if order == "<" else b"MM\0*"
    return header + struct.pack(order + "I", 8) + directory + bytes(4) + values


@pytest.mark.parametrize("exif", [EXIF, NOTHING], ids=["with exif", "without"])
def test_photoshop_and_lightroom_export_png_and_webp(exif):
    source = ContextSource.EXIF if exif is EXIF else ContextSource.EMBEDDED_XMP
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + LIGHTROOM
    png = with_png_chunk(saved("PNG", exif), b"iTXt", text)
    webp = saved("WEBP", exif)
    chunk = b"XMP " + struct.pack("<I", len(LIGHTROOM)) + LIGHTROOM + bytes(len(LIGHTROOM) % 2)
    size = struct.pack("<I", len(webp) - 8 + len(chunk))
    for data, kind in (
        (png, MediaType.PNG),
        (webp[:4] + size + webp[8:] + chunk, MediaType.WEBP),
    ):
        meta = read_metadata(data, kind)
        check_camera(meta)
        check_time(meta, source)
        check_place(meta, source)


def test_lightroom_writes_a_sidecar_beside_a_raw_file():
    """A raw file's own words are EXIF; what the sidecar corrects counts before them."""
    raw = tiff_block(exif_with({271: "Canon"}, {0x9003: "2001:01:01 00:00:00"}))
    meta = read_metadata(raw, MediaType.RAW, LIGHTROOM)
    check_camera(meta)
    check_time(meta, ContextSource.SIDECAR)
    check_place(meta, ContextSource.SIDECAR)


def test_a_crop_that_lightroom_has_made_is_told():
    """A real sidecar: the left 77 % and the lower 77 % of the picture are left."""
    photo = DATA / "metadata" / "IMG_5910.jpg"
    meta = metadata_of(photo, photo.with_suffix(".xmp"))
    assert meta.focal.off_centre == pytest.approx(0.116 / 0.768, abs=0.001)
    assert "15% of the picture" in (resolve_focal(meta.focal, 1200, 800).warning or "")
    told = photo.with_suffix(".xmp").read_bytes()
    for unlike in (b'AlreadyApplied="False"', b'AlreadyApplied="maybe"'):
        other = told.replace(b'AlreadyApplied="True"', unlike)
        assert read_metadata(b"", MediaType.JPEG, other).focal.off_centre == 0


def apple_sidecar(latitude: str, longitude: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0.0">\n'
        '   <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '      <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">\n'
        f"<exif:GPSAltitudeRef>0</exif:GPSAltitudeRef><exif:GPSAltitude>{ALTITUDE}"
        "</exif:GPSAltitude>"
        f"<exif:GPSLatitudeRef>{latitude[-1]}</exif:GPSLatitudeRef>"
        f"<exif:GPSLatitude>{latitude[:-1]}</exif:GPSLatitude>"
        f"<exif:GPSLongitudeRef>{longitude[-1]}</exif:GPSLongitudeRef>"
        f"<exif:GPSLongitude>{longitude[:-1]}</exif:GPSLongitude>"
        "<photoshop:DateCreated>2019-08-14T18:30:05+02:00</photoshop:DateCreated>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def test_apple_photos_exports_a_sidecar():
    sidecar = apple_sidecar("48.8584N", "2.2945E")
    meta = read_metadata(jpeg(NOTHING), MediaType.JPEG, sidecar)
    check_time(meta, ContextSource.SIDECAR)
    check_place(meta, ContextSource.SIDECAR)
    south = read_metadata(b"", MediaType.HEIF, apple_sidecar("33.86S", "70.5W"))
    assert (south.latitude, south.longitude) == (pytest.approx(-33.86), pytest.approx(-70.5))


@pytest.mark.parametrize("make", [jpeg, heif], ids=["jpeg", "heic"])
def test_apple_photos_exports_originals_and_edits(make, tmp_path: Path):
    path = tmp_path / "IMG_0101"
    path.write_bytes(make(EXIF))
    meta = metadata_of(path)
    check_camera(meta)
    check_time(meta, ContextSource.EXIF)
    check_place(meta, ContextSource.EXIF)
