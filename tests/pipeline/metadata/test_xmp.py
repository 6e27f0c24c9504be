from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.xmp import read_xmp

RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{}</rdf:RDF>'
EXIF = 'xmlns:exif="http://ns.adobe.com/exif/1.0/"'


def packet(inside: str) -> bytes:
    return RDF.format(inside).encode()


def test_attributes_elements_and_lists_are_one():
    for inside in (
        f'<rdf:Description {EXIF} exif:FocalLength="250/1"/>',
        f"<rdf:Description {EXIF}><exif:FocalLength>250/1</exif:FocalLength></rdf:Description>",
        f"<rdf:Description {EXIF}><exif:FocalLength><rdf:Seq><rdf:li>250/1</rdf:li>"
        "<rdf:li>9</rdf:li></rdf:Seq></exif:FocalLength></rdf:Description>",
    ):
        assert read_xmp(packet(inside)) == {"exif:FocalLength": "250/1"}


def test_the_prefix_is_the_specifications_and_not_the_files():
    inside = '<rdf:Description xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Make="Canon"/>'
    assert read_xmp(packet(inside)) == {"tiff:Make": "Canon"}


def test_the_first_of_a_repeated_property_counts():
    one, two = (f'<rdf:Description {EXIF} exif:FocalLength="{n}/1"/>' for n in (1, 2))
    assert read_xmp(packet(one + two)) == {"exif:FocalLength": "1/1"}


def test_other_schemas_and_empty_values_are_left_out():
    inside = f'<rdf:Description xmlns:a="urn:a" {EXIF} a:b="c" exif:FocalLength=" "/>'
    assert read_xmp(packet(inside)) == {}


@pytest.mark.parametrize(
    "broken",
    [
        None,
        b"",
        b"<rdf:RDF>",
        packet("<a:b/>"),
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        b'<?xml version="1.0" encoding="no-such"?><x/>',
    ],
)
def test_no_xmp(broken):
    assert read_xmp(broken) == {}


@given(st.binary(max_size=200))
def test_random_text_is_no_error(data):
    assert read_xmp(data) == {}
    read_xmp(RDF.encode().replace(b"{}", data))
