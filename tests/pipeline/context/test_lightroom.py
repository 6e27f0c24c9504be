from __future__ import annotations

import pytest

from pipeline.context import lightroom
from schemas.context import ContextSource
from schemas.errors import CollectionError
from tests.support.file_states import states_below
from tests.support.lightroom_catalog import COLLECTION_SET, LightroomCatalog, packed_xmp
from tests.support.xmp_documents import languages, packet


@pytest.fixture
def catalog(tmp_path):
    return LightroomCatalog(tmp_path / "Lightroom Catalog.lrcat")


def read_one(catalog: LightroomCatalog, path: str = "/photos/2019/a.CR2"):
    catalog.close()
    return lightroom.read(catalog.path, [path])[path]


def one_photo(catalog: LightroomCatalog, **values: object) -> int:
    """The photo /photos/2019/a.CR2."""
    return catalog.photo(catalog.folder(catalog.root("/photos/"), "2019/"), "a.CR2", **values)


def test_all_that_a_catalog_says(catalog, tmp_path):
    image = one_photo(catalog, rating=4.0, pick=1.0, colorLabels="Rot")
    places = catalog.keyword("Places")
    norway = catalog.keyword("Norway", image, parent=places)
    catalog.keyword("Bergen", image, parent=norway)
    catalog.keyword("sea", image)
    catalog.keyword("Ada Lovelace", image, kind="person")
    wedding = catalog.collection("Wedding", kind=COLLECTION_SET)
    catalog.collection("Selects", image, parent=wedding)
    catalog.insert("AgLibraryIPTC", image=image, caption="At the harbour ")
    xmp = packed_xmp(packet(languages("dc:title", any="Harbour")))
    catalog.insert("Adobe_AdditionalMetadata", image=image, xmp=xmp)
    references = {
        reference: catalog.insert(f"AgInternedIptc{table}", value=value)
        for reference, table, value in (
            ("cityRef", "City", "Bergen"),
            ("countryRef", "Country", "Norway"),
            ("locationRef", "Location", "Bryggen"),
            ("stateRef", "State", "Vestland"),
        )
    }
    catalog.insert("AgHarvestedIptcMetadata", image=image, **references)
    catalog.insert(
        "AgHarvestedExifMetadata", image=image, hasGPS=1, gpsLatitude=60.4, gpsLongitude=5.3
    )
    catalog.close()
    before = states_below(tmp_path)
    facts = lightroom.read(catalog.path, ["/photos/2019/a.CR2"])["/photos/2019/a.CR2"]
    assert states_below(tmp_path) == before
    assert facts.source is ContextSource.LIGHTROOM
    assert (facts.rating, facts.picked, facts.label) == (4, True, "Rot")
    assert facts.keywords == ("Places/Norway/Bergen", "sea")
    assert (facts.people, facts.albums) == (("Ada Lovelace",), ("Wedding/Selects",))
    assert (facts.title, facts.caption) == ("Harbour", "At the harbour")
    assert (facts.location, facts.city) == ("Bryggen", "Bergen")
    assert (facts.region, facts.country) == ("Vestland", "Norway")
    assert (facts.latitude, facts.longitude) == (60.4, 5.3)


@pytest.mark.parametrize(
    ("rating", "pick", "said"),
    [(None, 0, None), (5, 0, 5), ("3", 0, 3), (2.0, -1.0, -1), (None, -1, -1), ("x", 0, None)],
)
def test_ratings_and_rejections(catalog, rating, pick, said):
    one_photo(catalog, rating=rating, pick=pick)
    facts = read_one(catalog)
    assert (facts.rating, facts.picked) == (said, None)


def test_virtual_copies_add_keywords_and_collections_only(catalog):
    image = one_photo(catalog, rating=2)
    copy = catalog.virtual_copy(image, rating=5, colorLabels="Blue", copyName="Copy 1")
    catalog.keyword("black and white", copy)
    catalog.collection("Prints", copy)
    facts = read_one(catalog)
    assert (facts.rating, facts.label) == (2, None)
    assert (facts.keywords, facts.albums) == (("black and white",), ("Prints",))


def test_collections_of_the_program_itself_are_no_albums(catalog):
    image = one_photo(catalog)
    catalog.collection("quick collection", image, system=1.0)
    catalog.collection("last print", image, kind="com.adobe.ag.print.unsaved")
    catalog.collection("A set", image, kind=COLLECTION_SET)
    assert read_one(catalog).is_empty


def test_a_catalog_from_another_computer(catalog):
    root = catalog.root("D:/Bilder/")
    catalog.photo(catalog.folder(root, "2019/Oslo/"), "A.JPG", rating=3)
    catalog.photo(catalog.folder(root, "2020/Rom/"), "b.jpg", rating=4)
    catalog.photo(catalog.folder(root, "2021/"), "gone.jpg", rating=5)
    catalog.close()
    photos = ["/mnt/nas/2019/Oslo/a.jpg", "/mnt/nas/2020/Rom/b.jpg", "/else/Oslo/a.jpg"]
    found = lightroom.read(catalog.path, photos)
    assert {path: facts.rating for path, facts in found.items()} == dict(
        zip(photos, (3, 4), strict=False)
    )


def test_a_catalog_that_moved_together_with_its_photos(catalog, tmp_path):
    root = catalog.root("/Volumes/Old/Photos/", relative="../Photos/")
    catalog.photo(catalog.folder(root, ""), "a.jpg", rating=3)
    catalog.close()
    path = f"{tmp_path.parent}/Photos/a.jpg"
    assert lightroom.read(catalog.path, [path, "/x/Photos/a.jpg"])[path].rating == 3


def test_names_without_an_ending_and_unknown_photos(catalog):
    catalog.photo(catalog.folder(catalog.root("/photos/"), ""), "scan.", rating=3)
    catalog.close()
    assert lightroom.read(catalog.path, ["/photos/scan"])["/photos/scan"].rating == 3
    assert lightroom.read(catalog.path, ["/photos/other.jpg"]) == {}
    assert lightroom.read(catalog.path, []) == {}


def test_a_jpeg_beside_its_raw_file_has_the_same_words(catalog):
    folder = catalog.folder(catalog.root("/photos/"), "")
    catalog.photo(folder, "a.CR2", beside="JPG,xmp", rating=3)
    catalog.close()
    photos = ["/photos/a.CR2", "/photos/a.JPG", "/photos/a.tif"]
    found = lightroom.read(catalog.path, photos)
    assert [path for path in photos if path in found] == photos[:2]
    assert found[photos[0]] == found[photos[1]]


def test_a_photo_that_stands_twice_in_a_table_keeps_its_words(catalog):
    image = one_photo(catalog, rating=3)
    catalog.keyword("sea", image)
    for caption in ("one", "two"):
        catalog.insert("AgLibraryIPTC", image=image, caption=caption)
    facts = read_one(catalog)
    assert (facts.rating, facts.keywords) == (3, ("sea",))


def test_old_catalogs_lack_some_tables(catalog):
    image = one_photo(catalog, rating=3)
    catalog.keyword("sea", image)
    catalog.run("ALTER TABLE AgLibraryKeyword DROP COLUMN keywordType")
    catalog.run("ALTER TABLE AgLibraryFile DROP COLUMN sidecarExtensions")
    for table in ("AgLibraryCollection", "AgLibraryIPTC", "AgHarvestedIptcMetadata"):
        catalog.run(f"DROP TABLE {table}")
    for table in ("AgHarvestedExifMetadata", "Adobe_AdditionalMetadata"):
        catalog.run(f"DROP TABLE {table}")
    facts = read_one(catalog)
    assert (facts.rating, facts.keywords) == (3, ("sea",))


def test_keywords_in_a_circle_end(catalog):
    image = one_photo(catalog)
    key = catalog.keyword("A", image)
    catalog.run(f"UPDATE AgLibraryKeyword SET parent = {key} WHERE id_local = {key}")
    assert read_one(catalog).keywords[0].endswith("A/A")


def test_an_unknown_version_says_so(catalog):
    catalog.run("DROP TABLE AgLibraryFile")
    catalog.close()
    with pytest.raises(CollectionError, match=r"no table AgLibraryFile.*version of Lightroom"):
        lightroom.read(catalog.path, [])


def test_which_files_are_catalogs():
    assert lightroom.is_one("/p/Lightroom Catalog-v13.lrcat")
    assert not lightroom.is_one("/p/Lightroom Catalog.lrcat-wal")
    assert not lightroom.is_one("/p/Backups/2019-01-01 1200/Lightroom Catalog.lrcat")
    assert lightroom.covers("/p/a.lrcat") is None
