from __future__ import annotations

import pytest

from pipeline.context import digikam
from schemas.context import ContextFacts, ContextSource
from schemas.errors import CollectionError
from tests.support.digikam_database import INTERNAL, DigikamDatabase
from tests.support.file_states import states_below

CAPTION, HEADLINE, TITLE = 1, 2, 3
HIDDEN, TRASHED, OBSOLETE = 2, 3, 4
PATH = "/home/ada/Pictures/Trips/Norway/a.jpg"


@pytest.fixture
def database(tmp_path):
    return DigikamDatabase(tmp_path / "digikam4.db")


def one_image(database: DigikamDatabase, **values: object) -> int:
    album = database.album(database.root("/home/ada/Pictures"), "/Trips/Norway")
    return database.image(album, "a.jpg", **values)


def read_one(database: DigikamDatabase) -> ContextFacts:
    database.close()
    return digikam.read(database.path, [PATH])[PATH]


def test_all_that_a_database_says(database, tmp_path):
    image = one_image(database, rating=4, latitudeNumber=60.4, longitudeNumber=5.3, altitude=12.0)
    database.tag("Color Label Green", image, parent=INTERNAL, internalTag=None)
    database.tag("Pick Label Accepted", image, parent=INTERNAL, internalTag=None)
    places = database.tag("Places", image)
    database.tag("Bergen", image, parent=database.tag("Norway", parent=places))
    people = database.tag("People")
    database.tag("Ada", image, parent=people, person="Ada Lovelace", faceEngineUuid="{1}")
    database.tag("Unknown", image, parent=people, person="?", unknownPerson=None)
    database.tag("Unconfirmed", image, parent=people, person="?", unconfirmedPerson=None)
    database.tag("Ignored", image, parent=people, person="?", ignoredPerson=None)
    database.comment(image, CAPTION, "Am Hafen", "de-DE")
    database.comment(image, CAPTION, "At the harbour")
    database.comment(image, TITLE, "Harbour")
    database.comment(image, HEADLINE, "Not this one")
    database.close()
    before = states_below(tmp_path)
    facts = digikam.read(database.path, [PATH])[PATH]
    assert states_below(tmp_path) == before
    assert facts.source is ContextSource.DIGIKAM
    assert (facts.rating, facts.label, facts.picked) == (4, "Green", True)
    assert facts.keywords == ("Places/Norway/Bergen",)
    assert (facts.people, facts.albums) == (("Ada Lovelace",), ("Norway",))
    assert (facts.title, facts.caption) == ("Harbour", "At the harbour")
    assert (facts.latitude, facts.longitude, facts.altitude_m) == (60.4, 5.3, 12.0)


@pytest.mark.parametrize(("rating", "said"), [(-1, None), (0, 0), (5, 5), (9, None), (None, None)])
def test_ratings(database, rating, said):
    one_image(database, rating=rating)
    assert read_one(database).rating == said


def test_a_rejected_photo(database):
    image = one_image(database, rating=5)
    database.tag("Pick Label Rejected", image, parent=INTERNAL, internalTag=None)
    database.tag("Color Label None", image, parent=INTERNAL, internalTag=None)
    facts = read_one(database)
    assert (facts.rating, facts.picked, facts.label, facts.keywords) == (-1, None, None, ())


def test_a_person_whose_name_stands_in_the_tag_alone(database):
    image = one_image(database)
    database.tag("Ada", image, person=None)
    assert read_one(database).people == ("Ada",)


def test_a_caption_in_one_language_only(database):
    image = one_image(database)
    database.comment(image, CAPTION, "Am Hafen", "de-DE")
    assert read_one(database).caption == "Am Hafen"


def test_photos_that_are_hidden_and_those_that_are_gone(database):
    album = database.album(database.root("/p"), "/")
    for name, status in (("h.jpg", HIDDEN), ("t.jpg", TRASHED), ("o.jpg", OBSOLETE)):
        database.image(album, name, status, rating=3)
    database.close()
    found = digikam.read(database.path, ["/p/h.jpg", "/p/t.jpg", "/p/o.jpg"])
    assert {path: facts.hidden for path, facts in found.items()} == {"/p/h.jpg": True}
    assert found["/p/h.jpg"].albums == ()


def test_an_edit_names_its_original_in_the_same_album(database):
    album = database.album(database.root("/p"), "/")
    one, two = database.image(album, "a.jpg"), database.image(album, "a_v1.jpg")
    other = database.image(database.album(1, "/x"), "c.jpg")
    for subject, object_, kind in ((two, one, 1), (one, other, 1), (one, two, 2)):
        database.insert("ImageRelations", subject=subject, object=object_, type=kind)
    database.close()
    found = digikam.read(database.path, ["/p/a.jpg", "/p/a_v1.jpg"])
    assert {path: facts.edited_of for path, facts in found.items()} == {
        "/p/a.jpg": None,
        "/p/a_v1.jpg": "a.jpg",
    }


@pytest.mark.parametrize(
    ("identifier", "specific"),
    [
        ("volumeid:?uuid=722b9c6f", "/mnt/nas/photos"),
        ("volumeid:?path=/mnt/nas/photos", "/"),
        ("volumeid:?path=%2Fmnt%2Fnas", "/photos"),
        ("networkshareid:?mountpath=/mnt/nas&mountpath=/other", "/photos"),
    ],
)
def test_where_collections_are(database, identifier, specific):
    database.image(database.album(database.root(specific, identifier), "/"), "a.jpg", rating=3)
    database.close()
    assert digikam.read(database.path, ["/mnt/nas/photos/a.jpg"]).keys() == {
        "/mnt/nas/photos/a.jpg"
    }


def test_a_disk_that_is_mounted_elsewhere(database):
    root = database.root("/Bilder", "volumeid:?uuid=ab")
    database.image(database.album(root, "/2019/Oslo"), "a.jpg", rating=3)
    database.image(database.album(root, "/2020/Rom"), "b.jpg", rating=4)
    database.close()
    photos = ["/run/media/ada/Disk/Bilder/2019/Oslo/a.jpg", "/y/2020/Rom/c.jpg"]
    photos.append("/run/media/ada/Disk/Bilder/2020/Rom/b.jpg")
    assert digikam.read(database.path, photos).keys() == {photos[0], photos[2]}


def test_old_databases_lack_some_tables(database):
    one_image(database, rating=2)
    for table in ("ImagePositions", "ImageComments", "TagProperties", "ImageRelations"):
        database.run(f"DROP TABLE {table}")
    assert read_one(database).rating == 2


def test_tags_in_a_circle_end(database):
    image = one_image(database)
    key = database.tag("A", image)
    database.run(f"UPDATE Tags SET pid = {key} WHERE id = {key}")
    assert read_one(database).keywords[0].endswith("A/A")


def test_an_unknown_version_says_so(database):
    database.run("DROP TABLE Albums")
    database.close()
    with pytest.raises(CollectionError, match=r"no table Albums.*version of digiKam"):
        digikam.read(database.path, [])


def test_which_files_are_databases():
    assert digikam.is_one("/home/ada/Pictures/digikam4.db")
    assert not digikam.is_one("/home/ada/Pictures/thumbnails-digikam.db")
    assert digikam.covers("/p/digikam4.db") is None
