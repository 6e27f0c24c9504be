"""Images in blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator

_ROWS = 64  # few enough to stay in a processor's cache


def row_blocks(height: int) -> Iterator[slice]:
    """Yield the rows of an image in blocks that are converted at once, from the top."""
    return (slice(top, min(top + _ROWS, height)) for top in range(0, height, _ROWS))
