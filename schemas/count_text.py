"""A number with what it counts, in messages for people."""

from __future__ import annotations


def count_text(count: int, one: str, many: str = "") -> str:
    """Return a number and what it counts, such as `1 file` and `12 files`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
