"""IN lists of any length: values in groups that every database takes in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

MOST_VALUES = 500  # of one list; well below the limit of every database

T = TypeVar("T")


def in_groups(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values, or what is looked up by them, in groups for one IN list each."""
    rest = iter(values)
    while group := list(islice(rest, MOST_VALUES)):
        yield group
