from __future__ import annotations

from pipeline.context.iptc import read_photo
from pipeline.metadata.blocks import MetadataBlocks
from schemas.context import ContextSource
from tests.support.iptc_files import iptc_block
from tests.support.xmp_documents import photo


def read(*datasets: tuple[int, int, bytes], utf8: bool = True):
    return read_photo(photo(blocks=MetadataBlocks(iptc=iptc_block(datasets, utf8=utf8))))


def test_all_that_iptc_says():
    facts = read(
        (2, 5, b"Title"),
        (2, 25, b"sea"),
        (2, 25, "Z\u00fcrich".encode()),
        (2, 25, b" "),
        (2, 90, b"Bergen"),
        (2, 92, b"Bryggen"),
        (2, 95, b"Vestland"),
        (2, 101, b"Norway"),
        (2, 105, b"Headline"),
        (2, 120, b"First line\rsecond line"),
    )
    assert facts.source is ContextSource.IPTC
    assert (facts.title, facts.caption) == ("Title", "First line\nsecond line")
    assert facts.keywords == ("sea", "Z\u00fcrich")
    assert (facts.location, facts.city) == ("Bryggen", "Bergen")
    assert (facts.region, facts.country) == ("Vestland", "Norway")


def test_the_headline_is_a_title_where_there_is_no_other():
    assert read((2, 5, b""), (2, 105, b"Fire")).title == "Fire"


def test_texts_of_before_utf8():
    assert read((2, 90, b"Z\xfcrich"), utf8=False).city == "Z\u00fcrich"


def test_photos_without_iptc_say_nothing():
    assert read_photo(photo()) is None
    assert read((2, 55, b"20240101")).is_empty
