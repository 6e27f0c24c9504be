from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.exports.target import ExportTarget, give_name, is_unchanged
from schemas.errors import UsageError
from schemas.outcomes import UnnamedFile

DATA = b"some bytes"


@pytest.fixture
def target(tmp_path: Path) -> ExportTarget:
    return ExportTarget(tmp_path / "out", tmp_path / "library")


def filled(target: ExportTarget, relative: str = "a/b.jpg", seconds: float | None = None) -> Path:
    _, temporary = target.fill(relative, lambda file: file.write(DATA), seconds)
    return temporary


def test_a_new_folder_below_an_existing_one_is_accepted(tmp_path: Path) -> None:
    ExportTarget(tmp_path / "new" / "deep", tmp_path).check()
    assert not (tmp_path / "new").exists()


def test_a_file_cannot_be_the_folder_nor_contain_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="is not a folder"):
            ExportTarget(folder, tmp_path).check()


def test_a_file_in_place_of_a_needed_folder_is_named(target: ExportTarget) -> None:
    target.folder.mkdir()
    (target.folder / "2019").write_bytes(DATA)
    target.check_folders(["2020/a.jpg", "b.jpg"])
    with pytest.raises(UsageError, match="2019 is no folder"):
        target.check_folders(["2019/07/a.jpg"])


def test_a_file_is_filled_under_a_temporary_name_with_the_capture_time(
    target: ExportTarget,
) -> None:
    stored, temporary = target.fill("a/b.jpg", lambda file: file.write(DATA), 1_000_000_000.0)
    assert (stored.path, stored.bytes) == ("a/b.jpg", len(DATA))
    assert temporary.parent == target.folder / "a"
    assert temporary.stat().st_mtime == 1_000_000_000.0
    assert not target.absolute("a/b.jpg").exists()


def test_a_writer_that_fails_leaves_no_file(target: ExportTarget) -> None:
    def fail(_file: object) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        target.fill("a/b.jpg", fail, None)
    assert list((target.folder / "a").iterdir()) == []


def test_sweeping_removes_temporary_files_of_this_library_only(
    target: ExportTarget, tmp_path: Path
) -> None:
    other = ExportTarget(target.folder, tmp_path / "another library")
    ours, theirs = filled(target), filled(other)
    (ours.parent / "notes.txt").write_bytes(DATA)
    assert target.sweep(["a"]) == 1
    assert sorted(path.name for path in ours.parent.iterdir()) == sorted([theirs.name, "notes.txt"])


@pytest.mark.parametrize("has_links", [True, False])
def test_a_name_that_another_file_has_is_never_taken(
    target: ExportTarget, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", _refuse)
    path = target.absolute("a/b.jpg")
    first, second = filled(target), filled(target, "a/other.jpg")
    give_name(UnnamedFile(str(first), target.catalog_path("a/b.jpg"), may_replace=False))
    assert path.read_bytes() == DATA
    assert not first.exists()
    second.write_bytes(b"later")
    later = UnnamedFile(str(second), target.catalog_path("a/b.jpg"), may_replace=False)
    with pytest.raises(FileExistsError):
        give_name(later)
    assert path.read_bytes() == DATA
    give_name(UnnamedFile(later.partial, later.path, may_replace=True))
    assert path.read_bytes() == b"later"


def _refuse(*_: object) -> None:
    raise PermissionError


def test_a_file_is_unchanged_by_its_time_or_else_by_its_bytes(target: ExportTarget) -> None:
    stored, path = target.fill("b.jpg", lambda file: file.write(DATA), None)
    time = path.stat().st_mtime_ns
    assert is_unchanged(path, stored.bytes, "not even read", time)
    assert is_unchanged(path, stored.bytes, stored.sha256, time - 1)
    assert not is_unchanged(path, stored.bytes, "0" * 64, time - 1)
    assert not is_unchanged(path, stored.bytes + 1, stored.sha256, time)
    assert not is_unchanged(path.with_name("gone"), stored.bytes, stored.sha256, time)
    assert not is_unchanged(target.folder, target.folder.stat().st_size, stored.sha256, time)
