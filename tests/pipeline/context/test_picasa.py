from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.context import picasa
from schemas.context import ContextSource
from schemas.errors import CollectionError

INI = """\
[Picasa]
name=Summer of 2009
P2category=Folders on Disk
[encoding]
utf8=1
[.album:2fe7a91d38]
name=Best &#38; brightest
token=2fe7a91d38
date=2009-08-02T10:11:12+02:00
[Contacts2]
8e62398ebda8c1a5=Ada Lovelace;;
d10a8325c557b085=Gr\u00e4ce;ada@example.org;
[IMG_1.jpg]
star=yes
caption=On the beach\\nat noon
keywords=sea,Z\u00fcrich,,sea
albums=2fe7a91d38,ffff
faces=rect64(3f845bcb59418507),8e62398ebda8c1a5;rect64(9eb15b04e84d71b0),ffffffffffffffff
backuphash=2438
[img_2.JPG]
hidden=yes
faces=rect64(3f845bcb59418507),D10A8325C557B085;rect64(1),8e62398ebda8c1a5
rotate=rotate(1)
"""


def read(folder: Path, content: str | bytes, *names: str):
    path = folder / ".picasa.ini"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = picasa.read(path, [f"{folder}/{name}" for name in names])
    return {photo.rpartition("/")[2]: facts for photo, facts in found.items()}


def test_all_that_picasa_says(tmp_path):
    found = read(tmp_path, INI, "IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg")
    one, two = found["IMG_1.jpg"], found["IMG_2.jpg"]
    assert one.source is ContextSource.PICASA
    assert (one.favorite, one.caption) == (True, "On the beach\nat noon")
    assert one.keywords == ("sea", "Z\u00fcrich")
    assert one.people == ("Ada Lovelace",)
    assert one.albums == ("Best & brightest", "Summer of 2009")
    assert (one.hidden, two.hidden, two.favorite) == (None, True, None)
    assert two.people == ("Gr\u00e4ce", "Ada Lovelace")
    assert found["IMG_3.jpg"].albums == ("Summer of 2009",)


def test_only_photos_of_the_folder_are_meant(tmp_path):
    assert read(tmp_path, INI, "inner/IMG_1.jpg") == {}


def test_photos_without_a_word_are_left_out(tmp_path):
    assert read(tmp_path, "[IMG_1.jpg]\nrotate=rotate(1)\n", "IMG_1.jpg", "IMG_2.jpg") == {}


def test_folders_that_picasa_named_after_the_camera_are_no_albums(tmp_path):
    assert read(tmp_path, "[Picasa]\nname=100CANON\n", "IMG_1.jpg") == {}


def test_contacts_of_version_3_5_have_no_names(tmp_path):
    face = "[IMG_1.jpg]\nfaces=rect64(1),8e62398ebda8c1a5\n"
    account = "[Contacts]\n8e62398ebda8c1a5=joe_lh,4bd750800fb6a6b8\n"
    assert read(tmp_path, account + face, "IMG_1.jpg") == {}
    named = account + "[Contacts2]\n8e62398ebda8c1a5=Joe;;\n" + face
    assert read(tmp_path, named, "IMG_1.jpg")["IMG_1.jpg"].people == ("Joe",)


def test_numbers_of_contacts_with_and_without_leading_zeros(tmp_path):
    content = "[Contacts2]\n0e62398ebda8c1a5=Joe;;\n[a.jpg]\nfaces=rect64(1),e62398ebda8c1a5\n"
    assert read(tmp_path, content, "a.jpg")["a.jpg"].people == ("Joe",)


@pytest.mark.parametrize(
    ("geotag", "place"),
    [
        ("60.392000,5.324000", (60.392, 5.324)),
        ("999.000000,999.000000", (None, None)),
        ("0,0", (None, None)),
        ("60.39", (None, None)),
    ],
)
def test_places(tmp_path, geotag, place):
    found = read(tmp_path, f"[a.jpg]\nstar=yes\ngeotag={geotag}\n", "a.jpg")["a.jpg"]
    assert (found.latitude, found.longitude) == place


def test_names_with_brackets_and_the_code_page_of_windows(tmp_path):
    found = read(tmp_path, b"[a[1].jpg]\r\ncaption=Z\xfcrich\r\n", "a[1].jpg")
    assert found["a[1].jpg"].caption == "Z\u00fcrich"


def test_a_byte_order_mark_is_read_over(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf[a.jpg]\nstar=yes\n", "a.jpg")["a.jpg"].favorite


def test_which_files_are_picasas():
    for name in (".picasa.ini", "Picasa.ini", "picasa.ini"):
        assert picasa.is_one(f"/photos/{name}")
    assert not picasa.is_one("/photos/desktop.ini")
    assert picasa.covers("/photos/.picasa.ini") == "/photos"


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(CollectionError, match="directory"):
        picasa.read(tmp_path, [])


@given(st.binary(max_size=200))
def test_random_bytes_are_no_error(tmp_path_factory, data):
    read(tmp_path_factory.mktemp("ini"), data, "a.jpg")


def test_names_in_either_unicode_form_are_one(tmp_path):
    composed, decomposed = "\u00c4rger.jpg", "A\u0308rger.jpg"
    for written, name in ((composed, decomposed), (decomposed, composed)):
        (found,) = read(tmp_path, f"[{written}]\nstar=yes\n", name).values()
        assert found.favorite
