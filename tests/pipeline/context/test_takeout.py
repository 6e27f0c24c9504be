from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.context import takeout
from schemas.context import ContextSource
from schemas.errors import CollectionError
from tests.support.takeout_files import album_json, photo_json, place
from tests.support.xmp_documents import photo


def read(path: str = "/photos/IMG_1.jpg", **fields: object):
    return takeout.read_photo(photo(path, takeout=photo_json(**fields)))


def test_all_that_a_json_says():
    facts = read(
        description="At the lake",
        favorited=True,
        archived=True,
        trashed=True,
        people=[{"name": "Ada"}, {"name": "Zu\u0308leyha"}, {"name": ""}, {}],
        geoData=place(48.8583736, 2.291901, 82.09),
    )
    assert facts.source is ContextSource.TAKEOUT
    assert (facts.caption, facts.people) == ("At the lake", ("Ada", "Z\u00fcleyha"))
    assert (facts.favorite, facts.hidden, facts.trashed) == (True, True, True)
    assert (facts.latitude, facts.longitude, facts.altitude_m) == (48.8583736, 2.291901, 82.09)
    assert facts.taken_at == datetime(2023, 10, 6, 6, 30)
    assert facts.taken_at_offset == timedelta(0)
    assert (facts.title, facts.rating, facts.albums) == (None, None, ())


def test_what_a_json_leaves_open():
    facts = read(photoTakenTime={"timestamp": "0"})
    assert facts.is_empty


@pytest.mark.parametrize(
    ("timestamp", "taken"),
    [
        ("1696573800", datetime(2023, 10, 6, 6, 30)),
        (1696573800, datetime(2023, 10, 6, 6, 30)),
        ("-631152000", datetime(1950, 1, 1)),
        ("0", None),
        ("", None),
        (None, None),
        ("99999999999999", None),
        ("9" * 30, None),
    ],
)
def test_dates(timestamp, taken):
    assert read(photoTakenTime={"timestamp": timestamp}).taken_at == taken


def test_a_place_that_a_person_set_counts_before_the_cameras():
    facts = read(geoData=place(60.4, 5.3), geoDataExif=place(59.9, 10.7, 12))
    assert (facts.latitude, facts.longitude, facts.altitude_m) == (60.4, 5.3, None)
    facts = read(geoData=place(0, 0), geoDataExif=place(-33.9, 151.2, -3.5))
    assert (facts.latitude, facts.longitude, facts.altitude_m) == (-33.9, 151.2, -3.5)


@pytest.mark.parametrize("broken", [place(0, 0), place(91, 0), {"latitude": "x"}, None, 3, {}])
def test_places_that_are_none(broken):
    facts = read(geoData=broken, geoDataExif=broken)
    assert (facts.latitude, facts.longitude) == (None, None)


def test_the_equator_is_a_place():
    assert read(geoData=place(0, 36.8)).longitude == 36.8


def test_an_edit_names_its_original():
    assert read("/photos/IMG_1-edited(1).jpg").edited_of == "IMG_1(1).jpg"
    assert read("/photos/IMG_1.jpg").edited_of is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"photoTakenTime": 3}',
        b"[" * 100000,
        b'{"title": "data of another program"}',
        album_json("Italy"),
    ],
)
def test_other_jsons_say_nothing(content):
    assert takeout.read_photo(photo(takeout=content)) is None


def test_photos_without_a_json_say_nothing():
    assert takeout.read_photo(photo()) is None


def test_odd_values_are_missing_ones():
    facts = read(people="Ada", description=None, favorited="yes", archived=1, geoData=[])
    assert (facts.people, facts.caption, facts.favorite, facts.hidden) == ((), None, None, None)
    assert read(people=[None, 3, {"name": 7}]).people == ("7",)


def test_half_a_character_is_mended():
    content = photo_json(description="x").replace(b'"x"', b'"lake \\ud83d"')
    assert takeout.read_photo(photo(takeout=content)).caption == "lake \ufffd"


def test_a_byte_order_mark_is_read_over():
    content = b"\xef\xbb\xbf" + photo_json(favorited=True)
    assert takeout.read_photo(photo(takeout=content)).favorite


@given(
    st.dictionaries(st.sampled_from(["people", "geoData", "description"]), st.none() | st.text())
)
def test_random_values_are_no_error(fields):
    read(**fields)


@pytest.mark.parametrize(
    "content",
    [
        album_json("Italy 2019"),
        album_json("Italy 2019", old=True),
        json.dumps({"title": "Italy 2019"}).encode(),
        album_json("Italy 2019", enrichments=[{"narrativeEnrichment": {"text": "x"}}]),
        album_json("Italy 2019", sharedAlbumComments=[], location="", geoData=place(0, 0)),
    ],
)
def test_albums(tmp_path, content):
    path = tmp_path / "metadata.json"
    path.write_bytes(content)
    photos = [f"{tmp_path}/IMG_1.jpg", f"{tmp_path}/inner/IMG_2.jpg", "/elsewhere/IMG_3.jpg"]
    facts = takeout.read(path, photos)
    assert list(facts) == photos[:1]
    assert facts[photos[0]].albums == ("Italy 2019",)
    assert (takeout.is_one(str(path)), takeout.covers(str(path))) == (True, str(tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        album_json(""),
        album_json(" "),
        album_json("Photos from 2019"),
        photo_json(),
        b'{"title": "Data set", "version": 2}',
        b'{"albumData": 3}',
        b"{}",
    ],
)
def test_folders_that_are_no_albums(tmp_path, content):
    path = tmp_path / "metadata.json"
    path.write_bytes(content)
    assert takeout.read(path, [f"{tmp_path}/IMG_1.jpg"]) == {}


@pytest.mark.parametrize("content", [b"", b'{"title": "It', b"[]"])
def test_a_damaged_album_says_so(tmp_path, content):
    path = tmp_path / "metadata.json"
    path.write_bytes(content)
    with pytest.raises(CollectionError, match="not a JSON object"):
        takeout.read(path, [])
    with pytest.raises(CollectionError, match="No such file"):
        takeout.read(tmp_path / "gone.json", [])
