"""Rows of short texts as aligned columns, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_GAP = "  "


def column_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line for the head and one for each row; the last column is as long as it is."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    widths[-1] = 0
    for row in (head, *rows):
        yield _GAP.join(map(str.ljust, row, widths)).rstrip()
