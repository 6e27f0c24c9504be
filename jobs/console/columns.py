"""Rows of short texts as aligned columns, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

_GAP = "  "
_MEASURED = 2_000  # rows in memory; one below with a longer text shifts the rest of its line


def column_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a line for the head and one for each row; the last column is as long as it is.

    Nothing where there are no rows. Columns are as wide as the first rows need, so that any number
    of rows can be streamed.
    """
    rest = iter(rows)
    first = list(islice(rest, _MEASURED))
    if not first:
        return
    widths = [max(map(len, column)) for column in zip(head, *first, strict=True)]
    widths[-1] = 0
    for row in chain([head], first, rest):
        yield _GAP.join(map(str.ljust, row, widths)).rstrip()
