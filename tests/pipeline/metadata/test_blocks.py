from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.blocks import MetadataBlocks, find_blocks, find_xmp, find_xmp_beside
from schemas.records import MediaType
from tests.support import exif_photos as made
from tests.support.heif_files import clap, irot, with_properties
from tests.support.pictures import encode, scene

RDF = b'<rdf:RDF xmlns:rdf="x">content</rdf:RDF>'


@given(before=st.binary(max_size=50), after=st.binary(max_size=50))
def test_xmp_is_found_anywhere(before, after):
    assert find_xmp(before + RDF + after) == RDF


@pytest.mark.parametrize("text", [b"", b"<rdf:RDF", RDF[:-1], b"</rdf:RDF><rdf:RDF"])
def test_half_an_xmp_packet_is_none(text):
    assert find_xmp(text) is None


def test_broken_heif_is_searched_for_the_marks_of_exif():
    block = made.tiff_block(made.some_exif())
    broken = b"\0\0\0\x18ftypheic" + b"\xff" * 100 + b"\0\0\0\6Exif\0\0" + block
    assert find_blocks(broken, MediaType.HEIF).exif == (block,)


def test_minolta_raw_holds_its_exif_in_a_block_of_its_own():
    block = made.tiff_block(made.some_exif())
    raw = b"\0MRM\0\1\0\0\0PRD\0\0\0\x04....\0TTW" + len(block).to_bytes(4, "big") + block
    assert find_blocks(raw, MediaType.RAW).exif == (block,)


def test_panasonic_s_raw_holds_more_exif_in_its_preview():
    tags, more = made.exif_with({271: "Panasonic"}), made.exif_with({}, {0xA405: 24})
    preview = made.jpeg(more)
    raw = b"IIU\0" + made.tiff_block(tags)[4:] + preview + bytes(4)
    assert find_blocks(raw, MediaType.RAW).exif == (raw, made.tiff_block(more))


def test_jpeg_stops_where_the_pixels_begin():
    exif = made.jpeg(made.some_exif())
    plain = made.jpeg(made.exif_with({}))
    scan = plain.index(b"\xff\xda")
    assert find_blocks(plain[: scan + 14] + exif, MediaType.JPEG).exif == ()
    padded = b"\xff\xd8\xff\xff\xff" + exif[3:]
    assert find_blocks(padded, MediaType.JPEG) == find_blocks(exif, MediaType.JPEG)


def test_a_packed_profile_cannot_fill_the_memory():
    huge = made.exif_with({0x927C: "a" * 3_000_000})
    png = made.png_of_imagemagick(huge, compressed=True)
    (block,) = find_blocks(png, MediaType.PNG).exif
    assert len(block) < 1 << 18


def test_unknown_files_have_no_blocks():
    assert find_blocks(b"text", MediaType.UNKNOWN) == MetadataBlocks()


@pytest.mark.parametrize("kind", [MediaType.HEIF, MediaType.AVIF])
def test_the_size_before_a_crop_of_the_container(kind):
    file = encode(scene(96, 64), kind.upper())
    assert find_blocks(file, kind).uncropped_size is None
    cropped = with_properties(file, [clap((50, 1), (30, 1), (0, 1), (0, 1))])
    found = find_blocks(cropped, kind)
    assert (found.uncropped_size, found.off_centre) == ((96, 64), 0.0)
    aside = clap((50, 1), (30, 1), (-12, 1), (9, 1))
    assert find_blocks(with_properties(file, [aside]), kind).off_centre == pytest.approx(9 / 30)
    turned = with_properties(file, [irot(1), clap((30, 1), (50, 1), (9, 1), (12, 1))])
    assert find_blocks(turned, kind).off_centre == pytest.approx(9 / 30)


XMP_FILE = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{RDF.decode()[:-10]}é</rdf:RDF></x:xmpmeta>'


@pytest.mark.parametrize(
    "content",
    [
        XMP_FILE.encode(),
        XMP_FILE.encode("utf-8-sig"),
        XMP_FILE.encode("utf-16"),
        XMP_FILE.encode("utf-32"),
        XMP_FILE.encode("utf-16-be"),
        XMP_FILE.encode("utf-16-le"),
        f'<?xml version="1.0" encoding="UTF-16"?>{XMP_FILE}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="UTF-8"?>{XMP_FILE}'.encode(),
        f"<?xml version='1.0' encoding='ISO-8859-1'?>\n{XMP_FILE}".encode("latin-1"),
        f'<?xml version="1.0" encoding="no-such"?>{XMP_FILE}'.encode(),
        f'<?xml version="1.0" encoding="idna"?>{XMP_FILE}'.encode(),
    ],
)
def test_an_xmp_file_in_any_encoding(content):
    assert find_xmp_beside(content) == f"{RDF.decode()[:-10]}é</rdf:RDF>".encode()


@given(st.binary(max_size=60))
def test_an_xmp_file_of_any_bytes_is_no_error(content):
    find_xmp_beside(content)
