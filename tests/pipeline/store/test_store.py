from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.store.layout import TEMPORARY_PREFIX, ScenePath
from pipeline.store.store import Store
from schemas.errors import PhotoError
from schemas.reasons import FailureReason


def test_what_is_written_is_there_whole_and_described(tmp_path: Path) -> None:
    stored = Store(tmp_path).write("scenes/ab/abcd.ply", lambda file: file.write(b"splat"))
    assert (tmp_path / stored.path).read_bytes() == b"splat"
    assert stored.bytes == 5
    assert stored.sha256 == hashlib.sha256(b"splat").hexdigest()


def test_scenes_lie_by_the_first_digits_of_their_ids() -> None:
    assert ScenePath("abcdef", "ply").path == "scenes/ab/abcdef.ply"


def test_a_writer_that_fails_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a.bin", lambda file: file.write(b"old"))

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write("a.bin", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"old"


def test_files_of_a_library_at_the_root_of_a_disk_are_listed_by_their_paths(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.bin").write_bytes(b"four")
    folder = tmp_path.relative_to(tmp_path.anchor).as_posix()
    listed = Store(Path(tmp_path.anchor)).files(folder)
    assert list(listed) == [(f"{folder}/a/b.bin", 4)]


def test_leftovers_of_killed_writers_are_swept(tmp_path: Path) -> None:
    folder = tmp_path / "scenes" / "ab"
    folder.mkdir(parents=True)
    (folder / f"{TEMPORARY_PREFIX}dead").write_bytes(b"half")
    (folder / "whole.ply").write_bytes(b"whole")
    assert Store(tmp_path).sweep() == 1
    assert [path.name for path in folder.iterdir()] == ["whole.ply"]


def test_a_full_disk_is_said_so_and_leaves_nothing_half_written(tiny_disk: Path) -> None:
    with pytest.raises(PhotoError) as caught:
        Store(tiny_disk).write("big.bin", lambda file: file.write(bytes(1_000_000)))
    assert caught.value.reason is FailureReason.DISK_FULL
    assert list(tiny_disk.iterdir()) == []
