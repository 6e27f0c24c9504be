"""Rows of (key, value), sorted by key -> the values of one key after another, with flat memory."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.context.texts import MOST_OF_A_NAME, clean


class OrderedLists:
    """Values of a table that has several rows for each photo, as lists.

    Both the rows and the keys that are asked for ascend, so that only one photo's values are held.
    """

    def __init__(self, rows: Iterable[tuple[int, str | None]], most: int = MOST_OF_A_NAME) -> None:
        """Take rows of key and value; of a value, at most this many characters are kept."""
        self._most = most
        self._rows = iter(rows)
        self._next = next(self._rows, None)
        self._last: tuple[int | None, tuple[str, ...]] = (None, ())

    def of(self, key: int) -> tuple[str, ...]:
        """Return the values of a key, each once and without empty ones, in their order."""
        if key == self._last[0]:  # a join may give a photo twice
            return self._last[1]
        found: dict[str, None] = {}
        while self._next is not None and self._next[0] <= key:
            row_key, value = self._next
            if row_key == key and (text := clean(value, self._most)):
                found[text] = None
            self._next = next(self._rows, None)
        self._last = (key, tuple(found))
        return self._last[1]
