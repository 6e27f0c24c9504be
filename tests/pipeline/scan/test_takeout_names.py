from __future__ import annotations

import pytest

from pipeline.scan.takeout_names import TakeoutNames, is_album_json, original_of_edit

LONG = "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINAL"
EMOJI = "\U0001f600" * 22 + "ab"  # 46 units of UTF-16


def found(photo: str, *names: str) -> str | None:
    return TakeoutNames(names).find(photo)


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.JPG", "IMG_1.jpg.json"),
        # Cut where no limit asks for it.
        ("a.b.c.JPG", "a.b.c.JPG.supplemental-meta.json"),
        ("IMG_2(1).jpg", "IMG_2.jpg.suppl(1).json"),
        # The edit of a copy whose JSON has no number.
        ("IMG_1-edited(1).jpg", "IMG_1.jpg.supplemental-metadata.json"),
        # Numbers before and after the ending.
        ("IMG_1(1).jpg", "IMG_1(1).jpg.json"),
        ("IMG_1(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1(12).jpg", "IMG_1.jpg.supplemental-metadata(12).json"),
        # Names that were cut at 46 characters.
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json"),
        (
            "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg",
            "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json",
        ),
        (
            "13039_327707840323_537645323_9470255_27214_n(1).jpg",
            "13039_327707840323_537645323_9470255_27214_n.j(1).json",
        ),
        (
            "Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg",
            "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
        ),
        (
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg",
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json",
        ),
        (f"{EMOJI}c.jpg", f"{EMOJI}.json"),
        # "supplemental-metadata" that was cut, anywhere.
        ("MVIMG_20191230_232926.jpg", "MVIMG_20191230_232926.jpg.supplemental-metadat.json"),
        ("Screenshot_20200301-161151.png", "Screenshot_20200301-161151.png.supplemental-me.json"),
        (
            "Screenshot_20231027_123303_Facebook.jpg",
            "Screenshot_20231027_123303_Facebook.jpg.supple.json",
        ),
        (
            "Screenshot_20231027_123303_Facebook(1).jpg",
            "Screenshot_20231027_123303_Facebook.jpg.supple(1).json",
        ),
        (
            "Screenshot_2024-08-31-00-53-48-647_com.snapchat.jpg",
            "Screenshot_2024-08-31-00-53-48-647_com.snapcha.json",
        ),
        # A title without the ending that Google added to the file.
        ("2234089303984509579.jpg", "2234089303984509579.supplemental-metadata.json"),
        ("2234089303984509579.jpg", "2234089303984509579.json"),
        # Edits have the JSON of the original.
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-edited(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1(1)-edited.jpg", "IMG_1(1).jpg.json"),
        ("IMAG0061-edited.JPG", "IMAG0061.JPG.supplemental-metadata.json"),
        ("IMG_1-edited.jpg", "IMG_1.HEIC.json"),
        ("IMG_1-edited.jpg", "IMG_1.HEIC.supplemental-metadata.json"),
        ("PXL_1.PORTRAIT-modifi\u00e9.jpg", "PXL_1.PORTRAIT.jpg.json"),
        ("PXL_1-modifie\u0301.jpg", "PXL_1.jpg.json"),
        ("2234089303984509579-edited.jpg", "2234089303984509579.supplemental-metadata.json"),
        # A copy whose number is missing in the JSON, as its name was cut.
        (
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P(1).jpg",
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json",
        ),
        ("PXL_1.MP~2.jpg", "PXL_1.MP~2.jpg.json"),
        ("Zu\u0308rich.jpg", "Z\u00fcrich.jpg.json"),
    ],
)
def test_the_json_of_a_photo(photo, name):
    others = ("IMG_2.jpg.json", "metadata.json", "IMG_1.jpg(7).json")
    assert found(photo, name, *others) == name


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        ("DSC_0104(1).JPG", "DSC_0104.JPG.json"),
        ("DSC_0103.JPG", "DSC_0103.JPG(1).json"),
        ("DSC_0102(1).JPG", "DSC_0102.JPG(2).json"),
        ("PXL_20211013_220651958.jpg", "PXL_20211013_220651983.jpg.json"),
        ("PXL_2-modifi\u00e9.jpg", "PXL_1.jpg.json"),
        (
            "Backyard_ceremony_wedding_photography_xxxxxxx_m(185).jpg",
            "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
        ),
        ("IMG_1.png", "IMG_1.jpg.json"),
        ("metadata.jpg", "IMG_1.jpg.json"),
    ],
)
def test_the_json_of_another_photo(photo, name):
    assert found(photo, name) is None


def test_a_photo_with_its_own_json_takes_no_other():
    names = ("IMG_1.jpg.json", "IMG_1.jpg(1).json", "IMG_1-edited.jpg.json")
    assert found("IMG_1.jpg", *names) == "IMG_1.jpg.json"
    assert found("IMG_1(1).jpg", *names) == "IMG_1.jpg(1).json"
    assert found("IMG_1-edited.jpg", *names) == "IMG_1-edited.jpg.json"


@pytest.mark.parametrize(
    ("edit", "original"),
    [
        ("IMG_1-edited.jpg", "IMG_1.jpg"),
        ("IMG_1-edited(2).jpg", "IMG_1(2).jpg"),
        ("IMG_1-bearbeitet.jpg", "IMG_1.jpg"),
        ("IMG_1-Bearbeitet.jpg", "IMG_1.jpg"),
        ("IMG_1-\u7de8\u96c6\u6e08\u307f.jpg", "IMG_1.jpg"),
        ("IMG_1-ha editado.jpg", "IMG_1.jpg"),
        ("IMG_1.jpg", None),
        ("-edited.jpg", None),
        ("unedited.jpg", None),
        ("IMG_1-edi.jpg", None),
        (f"{'a' * 43}-edi.jpg", f"{'a' * 43}.jpg"),  # cut at 47 characters
    ],
)
def test_edits(edit, original):
    assert original_of_edit(edit) == original


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("metadata.json", True),
        ("metadata(1).json", True),
        ("Metadaten.json", True),
        ("m\u00e9tadonn\u00e9es.json", True),
        ("me\u0301tadonne\u0301es.json", True),
        ("\u043c\u0435\u0442\u0430\u0434\u0430\u043d\u043d\u044b\u0435.json", True),
        ("metatiedot.json", True),
        ("meta veriler.json", True),
        ("IMG_1.jpg.json", False),
        ("metadata.jpg.json", False),
        ("data.json", False),
        ("print-subscriptions.json", False),
        ("metadata.txt", False),
    ],
)
def test_jsons_of_albums(name, is_one):
    assert is_album_json(name) is is_one
