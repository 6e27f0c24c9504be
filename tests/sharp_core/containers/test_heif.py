"""Items of HEIF files, and what describes them."""

from __future__ import annotations

import pytest

from schemas.errors import HeifError
from sharp_core.containers.exif import block_in
from sharp_core.containers.heif import read_heif
from tests.support import exif_photos as made
from tests.support.paths import DATA
from tests.support.pictures import encode, scene

FILE = made.heif(made.some_exif())


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_the_exif_of_the_primary_picture(kind):
    file = encode(scene(), kind, exif=made.some_exif().tobytes())
    heif = read_heif(file)
    (item,) = heif.describing(heif.primary_id, b"Exif")
    assert b"EF 50mm" in block_in(heif.item_data(item))
    assert heif.size_of(heif.primary_id) == (96, 64)


def test_xmp_says_what_it_is():
    heif = read_heif((DATA / "metadata" / "spatial_photo.heic").read_bytes())
    types = {heif.items[item].content_type for item in heif.describing(heif.primary_id, b"mime")}
    assert types <= {b"application/rdf+xml", b""}


def test_an_item_is_read_up_to_a_limit():
    heif = read_heif(FILE)
    (item,) = heif.describing(heif.primary_id, b"Exif")
    whole = heif.item_data(item)
    assert heif.item_data(item, most=10) == whole[:10]
    assert heif.item_data(99) == b""


def test_what_describes_another_picture_is_not_the_primary_one_s():
    heif = read_heif(FILE)
    (item,) = heif.describing(heif.primary_id, b"Exif")
    assert item in heif.describing(heif.primary_id, b"Exif")
    assert heif.describing(heif.primary_id + 100, b"Exif") == []


@pytest.mark.parametrize("part", [b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp"])
def test_a_file_without_a_part_is_an_error_that_names_it(part):
    with pytest.raises(HeifError, match=part.decode()):
        read_heif(FILE.replace(part, b"free", 1))
