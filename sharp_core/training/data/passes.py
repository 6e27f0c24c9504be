"""Many things, each once a pass, in an order drawn anew for each pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np

from schemas.errors import PhotoError, RunError

_log = logging.getLogger(__name__)
_Thing = TypeVar("_Thing")
_Read = TypeVar("_Read")

_STREAM = 4  # seeds with this number are of no other generator of the training
# A run that meets so many unreadable files one after the other has lost its disk.
_MOST_IN_A_ROW = 20


def read_in_turn(
    things: Sequence[_Thing], number: int, seed: int, read: Callable[[_Thing], _Read]
) -> _Read:
    """Read the thing whose turn is `number`; in place of an unreadable one, the next in the order.

    `read` raises PhotoError for an unreadable one, which is logged. Raises RunError if many in a
    row are.
    """
    passed, place = divmod(number, len(things))
    order = _order(len(things), seed, passed)
    tries = min(_MOST_IN_A_ROW, len(things))
    message = ""
    for step in range(tries):
        try:
            return read(things[order[(place + step) % len(order)]])
        except PhotoError as error:
            _log.warning("not used for training: %s", error.message)
            message = error.message
    raise RunError(
        f"{tries} in a row cannot be used for training; the last: {message}",
        "Repair or remove these files.",
    )


@lru_cache(maxsize=2)
def _order(count: int, seed: int, passed: int) -> list[int]:
    order: list[int] = np.random.default_rng((seed, _STREAM, passed)).permutation(count).tolist()
    return order
