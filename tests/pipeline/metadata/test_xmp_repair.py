"""Mistakes that programs make in XMP, with the properties that are there all the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.xmp import read_xmp
from pipeline.metadata.xmp_repair import repaired

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP, TIFF = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"', 'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'


def packet(attributes: str, inside: str = "", declared: str = f'xmlns:rdf="{RDF}"') -> str:
    description = f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
    return f"<rdf:RDF {declared}>{description}</rdf:RDF>"


@pytest.mark.parametrize(
    ("text", "make"),
    [
        # A property copied without its declaration, as Photopea and others do.
        (packet(f'{TIFF} tiff:Make="Canon" photoshop:Credit="me" its:own="1"'), "Canon"),
        # Declared on the x:xmpmeta around it.
        (packet('tiff:Make="Canon"', declared=""), "Canon"),
        # Texts that nothing escaped.
        (packet(f'{TIFF} tiff:Make="Black & Decker"'), "Black & Decker"),
        (packet(TIFF, "<tiff:Make>Black &amp; &#68; & &lt;</tiff:Make>"), "Black & D & <"),
        # What XML cannot hold.
        (packet(f'{TIFF} tiff:Make="Ca\0non&#x1;\x1f"'), "Canon"),
        (packet(f'{TIFF} tiff:Make="Canon&#99999999;&#x110000;"'), "Canon&#99999999;"),
        # Written twice.
        (packet(f'{TIFF} tiff:Make="Canon" {XMP} xmp:Rating="1" tiff:Make="Nikon"'), "Canon"),
    ],
)
def test_what_is_repaired(text, make):
    assert read_xmp(text.encode())["tiff:Make"] == make


def test_bytes_of_windows():
    text = packet(f'{TIFF} tiff:Make="Zürich \u20ac 5"').encode("cp1252")
    assert read_xmp(text)["tiff:Make"] == "Zürich \u20ac 5"


def test_what_is_damaged_stays_so():
    assert read_xmp(packet(f'{TIFF} tiff:Make="Canon"')[:-20].encode() + b"</rdf:RDF>") == {}


@given(st.binary(max_size=300))
def test_any_bytes_are_no_error(data):
    repaired(data)
