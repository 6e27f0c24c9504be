"""IN lists of any length: values in groups that every database takes in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

_VALUES = 500  # well below the limit of every database


def in_groups(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield the values in groups for one IN list each."""
    rest = iter(values)
    while group := list(islice(rest, _VALUES)):
        yield group
