from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.scan.name_rules import skip_by_name
from pipeline.scan.scan import Scan, scan
from schemas.errors import UsageError
from schemas.reasons import SkipReason


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def reasons(result: Scan, root: Path) -> dict[str, SkipReason | None]:
    return {os.path.relpath(file.path, root): file.skip for file in result.files}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.jpg", None),
        ("A.JPEG", None),
        ("a.HeIc", None),
        ("a.NEF", None),
        ("a.tiff", None),
        (".a.jpg", SkipReason.HIDDEN),
        ("._a.heic", SkipReason.HIDDEN),
        ("a.MOV", SkipReason.VIDEO),
        ("a.jpg.json", SkipReason.SIDECAR),
        ("a.AAE", SkipReason.SIDECAR),
        ("scene.ply", SkipReason.ALREADY_3D),
        ("Thumbs.db", SkipReason.OTHER_FILE),
        ("letter.pdf", SkipReason.OTHER_FILE),
        ("README", SkipReason.OTHER_FILE),
    ],
)
def test_a_name_says_why_a_file_is_left_alone(name: str, reason: SkipReason | None) -> None:
    assert skip_by_name(name) is reason


def test_every_file_is_listed_once_with_its_reason(tmp_path: Path) -> None:
    make(tmp_path, "b.jpg", "a.jpg", "x.mov", ".cache/t.jpg", "@eaDir/a.jpg/t.jpg", "n/c.png")
    result = scan([tmp_path, tmp_path / "n", tmp_path / "a.jpg"])
    assert reasons(result, tmp_path.resolve()) == {
        "a.jpg": None,
        "b.jpg": None,
        "x.mov": SkipReason.VIDEO,
        ".cache/t.jpg": SkipReason.HIDDEN,
        "@eaDir/a.jpg/t.jpg": SkipReason.EXCLUDED,
        "n/c.png": None,
    }


def test_the_order_is_that_of_the_paths_whatever_the_disk_says(tmp_path: Path) -> None:
    make(tmp_path, "c/1.jpg", "a/2.jpg", "b.jpg", "a/10.jpg", "é.jpg", "Z.jpg", "a.jpg", "a0.jpg")
    names = [os.path.relpath(file.path, tmp_path.resolve()) for file in scan([tmp_path]).files]
    assert (
        names
        == sorted(names)
        == [*("Z.jpg", "a.jpg", "a/10.jpg", "a/2.jpg", "a0.jpg", "b.jpg", "c/1.jpg", "é.jpg")]
    )


def test_links_in_circles_end_and_real_paths_come_first(tmp_path: Path) -> None:
    make(tmp_path, "z/photo.jpg", "elsewhere/other.jpg")
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "z").rename(root / "z")
    (root / "a-link").symlink_to(root / "z")
    (root / "z" / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "broken").symlink_to(tmp_path / "nowhere")
    names = [os.path.relpath(file.path, root.resolve()) for file in scan([root]).files]
    assert names == ["z/photo.jpg", "out/other.jpg"]


def test_a_link_to_a_file_is_a_path_of_that_file(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    assert [file.size for file in scan([tmp_path]).files] == [5, 5]


def test_a_library_among_the_photos_is_left_out(tmp_path: Path) -> None:
    make(
        tmp_path,
        "lib/catalog.sqlite",
        "lib/thumbs/ab/x.webp",
        "lib/lock",
        "lib/mine.jpg",
        "lib/runs/1.json",
    )
    result = scan([tmp_path])
    assert reasons(result, tmp_path.resolve()) == {"lib/mine.jpg": None}
    assert result.libraries == [str(tmp_path.resolve() / "lib")]


def test_a_library_to_be_is_left_out_before_it_has_a_catalog(tmp_path: Path) -> None:
    make(tmp_path, "photo.jpg", "thumbs/ab/x.webp")
    assert list(reasons(scan([tmp_path], library=tmp_path), tmp_path.resolve())) == ["photo.jpg"]


def test_patterns_exclude_by_name_and_by_path(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a_edited.jpg", "old/b.jpg")
    result = scan([tmp_path], exclude=["*_edited*", "*/old"])
    assert reasons(result, tmp_path.resolve()) == {
        "a.jpg": None,
        "a_edited.jpg": SkipReason.EXCLUDED,
        "old/b.jpg": SkipReason.EXCLUDED,
    }


def test_an_apple_photos_library_gives_its_originals_only(tmp_path: Path) -> None:
    make(tmp_path, "P.photoslibrary/originals/0/a.heic", "P.photoslibrary/resources/d/a.jpeg")
    assert set(reasons(scan([tmp_path]), tmp_path.resolve()).values()) == {
        None,
        SkipReason.EXCLUDED,
    }


def test_an_iphoto_library_gives_its_masters_only(tmp_path: Path) -> None:
    make(tmp_path, "I.photolibrary/Masters/2011/a.jpg", "I.photolibrary/Thumbnails/2011/a.jpg")
    make(tmp_path, "I.photolibrary/Previews/2011/a.jpg", "I.photolibrary/Database/face.jpg")
    assert reasons(scan([tmp_path]), tmp_path.resolve()) == {
        "I.photolibrary/Masters/2011/a.jpg": None,
        "I.photolibrary/Thumbnails/2011/a.jpg": SkipReason.EXCLUDED,
        "I.photolibrary/Previews/2011/a.jpg": SkipReason.EXCLUDED,
        "I.photolibrary/Database/face.jpg": SkipReason.EXCLUDED,
    }


def test_names_that_are_no_unicode_are_found(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).write_bytes(b"x")
    (found,) = scan([tmp_path]).files
    assert os.fsencode(found.path).endswith(b"caf\xe9.jpg")


def test_a_missing_source_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        scan([tmp_path / "nowhere"])


def test_only_what_is_included_is_taken_and_what_is_excluded_is_not(tmp_path: Path) -> None:
    make(tmp_path, "2019/a.jpg", "2019/b.png", "2019/b_edited.jpg", "2020/c.jpg", "2019/x.mov")
    result = scan([tmp_path], ["*_edited*"], include=["*/2019/*.jpg", "c.*"])
    assert reasons(result, tmp_path.resolve()) == {
        "2019/a.jpg": None,
        "2019/b.png": SkipReason.EXCLUDED,
        "2019/b_edited.jpg": SkipReason.EXCLUDED,
        "2020/c.jpg": None,
        "2019/x.mov": SkipReason.VIDEO,
    }
