import pytest

from pipeline.context.lightroom_titles import title_in
from tests.support.lightroom_catalog import packed_xmp
from tests.support.xmp_documents import bag, languages, packet

XMP = packet(
    bag("dc:subject", "sea"),
    languages("dc:description", any="not this"),
    languages("dc:title", any="Harbour &amp; <b", de="Hafen").replace("<b", "boats"),
)


@pytest.mark.parametrize("xmp", [packed_xmp(XMP), XMP, XMP.decode()])
def test_the_title_is_found_packed_and_plain(xmp):
    assert title_in(xmp) == "Harbour & boats"


@pytest.mark.parametrize(
    "xmp",
    [
        None,
        b"",
        "",
        b"\x00\x00\x00\t",
        packed_xmp(packet()),
        packed_xmp(b"x" * 100),
        b"\xff" * 50,
        packed_xmp(XMP)[:60],
        packed_xmp(packet(languages("dc:title", any=" "))),
    ],
)
def test_texts_without_a_title(xmp):
    assert title_in(xmp) is None
