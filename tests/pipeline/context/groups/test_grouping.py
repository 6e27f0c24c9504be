"""Which photos are one moment, and which one represents them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.context.groups.grouping import find_groups
from schemas.groups import Fingerprint, GroupCandidate, GroupKind
from schemas.records import MediaType

NOON = datetime(2024, 6, 1, 12)
VIEW = 0x0F1E2D3C4B5A6978


def photo(
    name: str, seconds: float | None = 0.0, folder: str = "/photos", **facts: object
) -> GroupCandidate:
    """Return a JPEG of one camera; `seconds` after noon, or at an unknown time."""
    taken = None if seconds is None else NOON + timedelta(seconds=seconds)
    plain = GroupCandidate(
        photo_id=f"id of {folder}/{name}",
        path=f"{folder}/{name}",
        media_type=MediaType.RAW if name.endswith(".CR2") else MediaType.JPEG,
        taken_at=taken,
        camera="Canon EOS",
    )
    return replace(plain, **facts)  # type: ignore[arg-type]


def looks(gradients: int, sharpness: float = 100.0, exposure: float = 1.0) -> Fingerprint:
    return Fingerprint(gradients, sharpness, exposure)


def names(*photos: GroupCandidate) -> list[tuple[str, list[str]]]:
    """Return each group's kind and file names, the representative first, others sorted."""
    groups = []
    for group in find_groups(photos):
        first, *rest = (photo_id.rsplit("/", 1)[-1] for photo_id in group.photo_ids)
        groups.append((str(group.kind), [first, *sorted(rest)]))
    return sorted(groups)


def test_raw_and_jpeg_of_one_shot_are_one_and_the_developed_one_stands_for_both() -> None:
    assert names(photo("IMG_1.CR2"), photo("IMG_1.JPG")) == [
        ("formats", ["IMG_1.JPG", "IMG_1.CR2"])
    ]
    assert names(photo("IMG_1.CR2", None), photo("img_1.jpg", None)) == [
        ("formats", ["img_1.jpg", "IMG_1.CR2"])
    ]


@pytest.mark.parametrize(
    "other",
    [
        photo("IMG_1.JPG", 3600.0),  # the counter began anew
        photo("IMG_2.JPG", 100.0),
        photo("IMG_1.JPG", folder="/elsewhere"),
    ],
)
def test_other_shots_stay_apart(other: GroupCandidate) -> None:
    assert names(photo("IMG_1.CR2"), other) == []


def test_two_files_of_one_name_are_one_shot_only_if_taken_at_one_time() -> None:
    heic, jpeg = photo("IMG_1.HEIC"), photo("IMG_1.JPG")
    assert [kind for kind, _ in names(heic, jpeg)] == ["formats"]
    assert names(heic, replace(jpeg, taken_at=None)) == []


def test_an_edit_stands_for_its_original() -> None:
    assert names(photo("IMG_1234.JPG"), photo("IMG_E1234.JPG", 86400.0)) == [
        ("edit", ["IMG_E1234.JPG", "IMG_1234.JPG"])
    ]
    stated = photo("Urlaub-verbessert.jpg", 9.0, edited_of="URLAUB.JPG")
    assert names(photo("Urlaub.jpg"), stated) == [("edit", ["Urlaub-verbessert.jpg", "Urlaub.jpg"])]


def test_a_burst_by_names_is_represented_by_its_cover() -> None:
    stem = "IMG_00000_BURST20240601120000000"
    frames = [photo(f"{n:05}{stem}{'_COVER' if n == 2 else ''}.jpg", n / 10) for n in range(4)]
    ((kind, members),) = names(*frames)
    assert (kind, len(members)) == ("burst", 4)
    assert members[0].endswith("_COVER.jpg")


def test_a_burst_by_its_id_spans_folders_and_the_sharpest_frame_stands_for_it() -> None:
    frames = [
        photo("a.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=50.0)),
        photo("b.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=200.0)),
        photo("c.jpg", burst_id="B", folder="/c", fingerprint=looks(VIEW, sharpness=80.0)),
    ]
    assert names(*frames) == [("burst", ["b.jpg", "a.jpg", "c.jpg"])]


def test_a_sharp_frame_that_is_burnt_out_is_not_the_best() -> None:
    frames = [
        photo("burnt.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=200.0, exposure=0.2)),
        photo("right.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=150.0)),
    ]
    assert names(*frames) == [("burst", ["right.jpg", "burnt.jpg"])]


def test_of_a_bracket_the_middle_exposure_stands_for_all() -> None:
    biases = (-2.0, 0.0, 2.0)
    frames = [photo(f"{n}.jpg", n / 2, exposure_bias=bias) for n, bias in enumerate(biases)]
    assert names(*frames) == [("bracket", ["1.jpg", "0.jpg", "2.jpg"])]


def test_like_pictures_within_seconds_are_similar() -> None:
    alike = [
        photo("1.jpg", 0.0, fingerprint=looks(VIEW)),
        photo("2.jpg", 2.0, fingerprint=looks(VIEW ^ 0b111)),
        photo("3.jpg", 4.0, fingerprint=looks(VIEW ^ 0b111000)),
    ]
    assert [(kind, len(members)) for kind, members in names(*alike)] == [("similar", 3)]
    turned = replace(alike[1], fingerprint=looks(VIEW ^ 0xFFFFFFFF))
    later = replace(alike[1], taken_at=NOON + timedelta(minutes=1))
    another = replace(alike[1], camera="Pixel 8")
    unread = replace(alike[1], fingerprint=None)
    for other in (turned, later, another, unread):
        assert names(alike[0], other) == []


@pytest.mark.parametrize(
    "choice", [{"picked": True}, {"favorite": True}, {"rating": 4}], ids=lambda c: next(iter(c))
)
def test_a_persons_choice_counts_before_the_picture(choice: dict[str, object]) -> None:
    frames = [
        photo("sharp.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=900.0)),
        photo("chosen.jpg", burst_id="B", fingerprint=looks(VIEW, sharpness=9.0), **choice),
    ]
    assert names(*frames) == [("burst", ["chosen.jpg", "sharp.jpg"])]


def test_links_of_several_kinds_make_one_group() -> None:
    raw, jpeg = photo("IMG_1.CR2", burst_id="B"), photo("IMG_1.JPG", burst_id="B")
    edit, frame = photo("IMG_1-edited.JPG", 99.0), photo("IMG_2.JPG", 0.2, burst_id="B")
    assert names(raw, jpeg, edit, frame) == [
        ("burst", ["IMG_1-edited.JPG", "IMG_1.CR2", "IMG_1.JPG", "IMG_2.JPG"])
    ]


def test_the_order_of_photos_makes_no_difference() -> None:
    photos = [
        photo(f"{n}.jpg", n * 1.5, fingerprint=looks(VIEW ^ n, sharpness=float(n % 7)))
        for n in range(40)
    ]
    expected = find_groups(photos)
    assert [group.kind for group in expected] == [GroupKind.SIMILAR]
    random.Random(1).shuffle(photos)
    assert find_groups(photos) == expected


def test_without_anything_in_common_there_are_no_groups() -> None:
    assert find_groups([]) == []
    assert names(photo("a.jpg"), photo("b.jpg", None), photo("c.CR2")) == []
