"""What lies below a folder, to see that a reader leaves all as it was."""

from __future__ import annotations

from pathlib import Path


def states_below(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return each file and folder with its size, its time of change, and its inode."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        found[str(path)] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found
