"""A disk of a given size, mounted for a test that fills it or cannot write to it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(disk: Path, size: str, read_only: bool = False) -> Iterator[Path]:
    """Mount a disk of `size`, as in 4m, at the new folder `disk`; skip where that is refused."""
    disk.mkdir()
    options = f"size={size},{'ro' if read_only else 'rw'}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)
