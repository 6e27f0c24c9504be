from __future__ import annotations

import pytest

from pipeline.context.folder import album_name, is_takeout_year, read_photo
from schemas.context import ContextSource
from tests.support.xmp_documents import photo


def test_a_photo_is_in_the_album_of_its_folder():
    facts = read_photo(photo("/home/ada/Pictures/Italy 2019/IMG_1.jpg"))
    assert (facts.source, facts.albums) == (ContextSource.FOLDER, ("Italy 2019",))
    assert read_photo(photo("/home/ada/Pictures/IMG_1.jpg")) is None


def test_folders_inside_of_a_photo_library_are_no_albums():
    assert read_photo(photo("/p/My.photoslibrary/originals/A/A1.heic")) is None
    assert read_photo(photo("/p/Old.aplibrary/Masters/Import/a.jpg")) is None


@pytest.mark.parametrize(
    "name",
    [
        "Italy",
        "2019 Italy",
        "2019-05-03 Wedding",
        "Grandma's 80th",
        "summer",
        "Zürich",
        "May Day",
        "Camera obscura",
        "100 days",
        "Fotos aus Rom",
    ],
)
def test_names_that_say_something(name):
    assert album_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "DCIM",
        "100APPLE",
        "101_PANA",
        "102CANON",
        "100NIKON",
        "103MSDCF",
        "100_0512",
        "camera",
        "Camera Roll",
        "2019",
        "2019-05-03",
        "2019_05",
        "20190503",
        "05",
        "March",
        "03 March 2019",
        "2019-Mar",
        "Pictures",
        "My Pictures",
        "Bilder",
        "Downloads",
        "RAW",
        "jpeg",
        "",
        " ",
        ".hid",
        "@eaDir",
        "$RECYCLE.BIN",
        "Photos from 2019",
        "Archive",
        "Untitled",
        "Untitled(3)",
        "Sans titre(9)",
    ],
)
def test_names_of_cameras_dates_and_programs_are_no_albums(name):
    assert album_name(name) is None


def test_names_that_are_not_utf8():
    assert album_name("Z\udcfcrich") == "Z\ufffdrich"


def test_decomposed_names_are_composed():
    assert album_name("Zu\u0308rich") == "Z\u00fcrich"


@pytest.mark.parametrize(
    "name",
    [
        "Photos from 2019",
        "Fotos von 2019",
        "Photos de 2019",
        "Fotos de 2019",
        "Foto dal 2019",
        "Foto's uit 2019",
        "Zdjęcia z 2019",
        "Bilder från 2019",
        "Fotky z roku 2019",
        "2019年の写真",
        "2019년의 사진",
        "Фото за 2019",
    ],
)
def test_takeouts_folders_of_years(name):
    assert is_takeout_year(name)
    assert not is_takeout_year(name + " in Rome")
