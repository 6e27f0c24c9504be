from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from jobs.gallery.cache import FileCache


def test_a_file_is_created_once_for_concurrent_requests(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 1000)
    made = []

    def make(out: BinaryIO) -> None:
        made.append(1)
        time.sleep(0.05)
        out.write(b"x" * 10)

    threads = [threading.Thread(target=cache.get, args=("a", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert cache.get("a", make).read_bytes() == b"x" * 10


def test_the_least_recently_used_file_is_removed_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 30)
    for name in "abc":
        cache.get(name, lambda out: out.write(b"x" * 10))
        time.sleep(0.01)
    before = cache.get("a", lambda out: None).stat().st_mtime_ns
    cache.get("d", lambda out: out.write(b"x" * 10))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d"]
    assert (tmp_path / "a").stat().st_mtime_ns == before  # it is the same file


def test_a_failed_file_leaves_nothing(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 1000)

    def fail(out: BinaryIO) -> None:
        out.write(b"half")
        raise ValueError

    with pytest.raises(ValueError):
        cache.get("a", fail)
    assert not list(tmp_path.iterdir())
    assert cache.get("a", lambda out: out.write(b"whole")).read_bytes() == b"whole"


def test_a_file_larger_than_the_cache_is_returned(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 5)
    assert cache.get("a", lambda out: out.write(b"x" * 10)).read_bytes() == b"x" * 10
