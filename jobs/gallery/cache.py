"""A file cache: files are created on first request and kept in a folder, up to a total size."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pipeline.store.layout import TEMPORARY_PREFIX
from pipeline.store.store import Store

_ABANDONED_SECONDS = 3600.0  # nothing takes that long to write


class FileCache:
    """A folder of files that can be created again. Safe for threads, and for other processes.

    If two threads request the same file, it is created once. The least recently used file is
    removed first.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder.absolute()
        self._store = Store(folder)
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def find(self, name: str) -> Path | None:
        """Return the path of file `name` if it exists, and record the time of use."""
        path = self._folder / name
        try:
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # the content stays
        except FileNotFoundError:
            return None
        except OSError:  # a folder that cannot be written
            return path if path.exists() else None
        return path

    def get(self, name: str, make: Callable[[BinaryIO], object]) -> Path:
        """Return the path of file `name`. If it does not exist, `make` writes it.

        Raises PhotoError and RunError as a library's store does, and whatever `make` raises.
        """
        path = self._folder / name
        with self._lock:
            lock = self._locks[name]
        with lock:
            if self.find(name) is None:
                self._store.write(name, make)
                self._drop_oldest(keep=path)
        return path

    def _drop_oldest(self, keep: Path) -> None:
        entries = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):  # another process may remove it too
                stat = path.stat()
                if not path.name.startswith(TEMPORARY_PREFIX):
                    entries.append((stat.st_atime_ns, stat.st_size, path))
                elif stat.st_mtime < time.time() - _ABANDONED_SECONDS:
                    path.unlink()  # its process was stopped
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._most_bytes:
                return
            if path != keep:
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= size
