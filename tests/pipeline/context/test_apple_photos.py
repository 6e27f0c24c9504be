from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipeline.context import apple_photos
from schemas.context import ContextSource
from schemas.errors import CollectionError
from tests.support.apple_library import UUIDS, VERSIONS, AppleLibrary
from tests.support.file_states import states_below


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_a_library_says_in_every_version(tmp_path, version):
    library = AppleLibrary(tmp_path, version)
    one = library.add(
        UUIDS[0],
        title=" The lake ",
        caption="In spring",
        ZFAVORITE=1,
        ZHIDDEN=1,
        ZDATECREATED=559856399.5,
        ZTIMEZONEOFFSET=-14400,
        ZLATITUDE=60.4,
        ZLONGITUDE=5.3,
        ZAVALANCHEUUID="burst-1",
        ZAVALANCHEPICKTYPE=24,
    )
    two = library.add(UUIDS[1], ZTRASHEDSTATE=1, ZAVALANCHEUUID="burst-1", ZAVALANCHEPICKTYPE=2)
    library.keyword("sea", 1, 2)
    library.keyword("Zu\u0308rich", 1)
    library.person("Ada", 1, 2)
    library.person("Grace", 1, 1)
    library.person(None, 1)
    library.person("Mistaken", 1, trashed=1)
    library.album("Best", 1, 2)
    library.close()
    before = states_below(tmp_path)
    found = apple_photos.read(library.database, [one, two])
    assert states_below(tmp_path) == before
    facts, other = found[one], found[two]
    assert facts.source is ContextSource.APPLE_PHOTOS
    assert (facts.title, facts.caption) == ("The lake", "In spring")
    assert facts.keywords == ("Z\u00fcrich", "sea")
    assert (facts.people, facts.albums) == (("Ada", "Grace"), ("Best",))
    assert (facts.favorite, facts.hidden, facts.trashed) == (True, True, None)
    assert (facts.latitude, facts.longitude) == (60.4, 5.3)
    assert facts.taken_at == datetime(2018, 9, 28, 15, 39, 59, 500000)
    assert facts.taken_at_offset == timedelta(hours=-4)
    assert (facts.burst_id, facts.picked) == ("burst-1", True)
    assert (other.trashed, other.favorite, other.picked) == (True, None, None)
    assert (other.burst_id, other.latitude, other.taken_at) == ("burst-1", None, None)
    assert (other.keywords, other.people, other.albums) == (("sea",), ("Ada",), ("Best",))


def test_albums_in_folders_and_what_are_no_albums(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add()
    travel = library.album("Travel", kind=4000)
    inner = library.album("2019", kind=4000, parent=travel)
    library.album("Italy 10/11", 1, parent=inner)
    library.album("Shared", 1, kind=1505)
    library.album(None, 1, kind=1506)  # an import
    library.album("progress-sync", 1, kind=3571)
    library.album("Thrown away", 1, trashed=1)
    library.close()
    assert apple_photos.read(library.database, [path])[path].albums == (
        "Travel/2019/Italy 10/11",
        "Shared",
    )


def test_folders_in_a_circle_end(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add()
    folder = library.album("A", kind=4000)
    library.run(f"UPDATE ZGENERICALBUM SET ZPARENTFOLDER = {folder} WHERE Z_PK = {folder}")
    library.album("Best", 1, parent=folder)
    library.close()
    assert apple_photos.read(library.database, [path])[path].albums[0].endswith("A/Best")


def test_a_raw_file_has_the_words_of_its_photo(tmp_path):
    library = AppleLibrary(tmp_path)
    jpeg = library.add(UUIDS[3], "jpeg", ZFAVORITE=1)
    library.close()
    raw = jpeg.replace(".jpeg", "_4.dng")
    found = apple_photos.read(library.database, [jpeg, raw, "/elsewhere/a.jpg"])
    assert {path: facts.favorite for path, facts in found.items()} == {jpeg: True, raw: True}


def test_photos_that_stay_outside_the_library(tmp_path):
    library = AppleLibrary(tmp_path)
    outside = tmp_path / "mine" / "IMG_1.jpg"
    library.add(ZDIRECTORY=str(outside.parent), ZFILENAME=outside.name, ZFAVORITE=1)
    library.close()
    assert apple_photos.read(library.database, [str(outside), "/b.jpg"]).keys() == {str(outside)}


def test_rows_in_the_log_are_read_and_nothing_is_written_beside_it(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add(ZFAVORITE=1)
    library.abandon()
    before = states_below(tmp_path)
    assert apple_photos.read(library.database, [path])[path].favorite
    assert states_below(tmp_path) == before


def test_a_library_of_which_only_the_database_is_there(tmp_path):
    library = AppleLibrary(tmp_path)
    library.add()
    library.close()
    assert apple_photos.read(library.database, []) == {}


def test_damaged_dates_are_no_dates(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add(ZDATECREATED=123456789012345.0)
    library.close()
    assert apple_photos.read(library.database, [path])[path].taken_at is None


def test_a_photo_without_attributes_or_name(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add(ZFAVORITE=1)
    library.add(UUIDS[5], ZFILENAME=None, ZDIRECTORY=None)
    library.run("DELETE FROM ZADDITIONALASSETATTRIBUTES")
    library.close()
    assert apple_photos.read(library.database, [path])[path].favorite


def test_tables_of_an_unknown_version_are_left_out(tmp_path):
    library = AppleLibrary(tmp_path)
    path = library.add(ZFAVORITE=1, title="T")
    for table in ("Z_1KEYWORDS", "ZDETECTEDFACE", "Z_30ASSETS", "ZASSETDESCRIPTION"):
        library.run(f"DROP TABLE {table}")
    library.run("ALTER TABLE ZASSET DROP COLUMN ZHIDDEN")
    library.close()
    facts = apple_photos.read(library.database, [path])[path]
    assert (facts.favorite, facts.title, facts.keywords) == (True, "T", ())


def test_a_database_without_photos_says_so(tmp_path):
    library = AppleLibrary(tmp_path)
    library.run("DROP TABLE ZASSET")
    library.close()
    with pytest.raises(CollectionError, match="unknown version of Photos"):
        apple_photos.read(library.database, [])


def test_libraries_of_photos_4_say_so(tmp_path):
    old = tmp_path / "A.photoslibrary" / "database" / "photos.db"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"")
    with pytest.raises(CollectionError, match="Photos 4 or older"):
        apple_photos.read(old, [])
    library = AppleLibrary(tmp_path)
    library.close()
    assert apple_photos.read(library.database.with_name("photos.db"), []) == {}


def test_which_files_are_libraries():
    is_one = apple_photos.is_one
    assert is_one("/p/A.photoslibrary/database/Photos.sqlite")
    assert is_one("/p/A.photoslibrary/database/photos.db")
    assert not is_one("/p/A.photoslibrary/database/search/psi.sqlite")
    assert not is_one("/p/database/photos.db")
    assert apple_photos.covers("/p/A.photoslibrary/database/Photos.sqlite") is None
