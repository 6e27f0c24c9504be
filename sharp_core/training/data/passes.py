"""Many things, each once a pass, in an order drawn for each pass; some are kept from training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from schemas.errors import PhotoError, RunError
from sharp_core.training.sharp.sources import HELD_OUT

_log = logging.getLogger(__name__)
_Thing = TypeVar("_Thing")
_Read = TypeVar("_Read")

_STREAM = 4  # seeds with this number are of no other generator of the training
# A run that meets so many unreadable files one after the other has lost its disk.
_MOST_IN_A_ROW = 20
# One place of so many is held out, none of a few: training needs them more.
_PLACES_PER_HELD_OUT, _FEWEST_PLACES = 50, 10


class Parted(NamedTuple, Generic[_Thing]):
    """What is trained on, and what is only looked at; the latter may be empty."""

    trained: tuple[_Thing, ...]
    held_out: tuple[_Thing, ...] = ()


def parted(
    things: Sequence[_Thing], seed: int, place: Callable[[_Thing], Hashable]
) -> Parted[_Thing]:
    """Hold out all things of one place in fifty, drawn by the seed; nothing of fewer than ten."""
    places = list(dict.fromkeys(place(thing) for thing in things))
    if len(places) < _FEWEST_PLACES:
        return Parted(tuple(things))
    rng = np.random.default_rng((seed, _STREAM))
    count = max(1, len(places) // _PLACES_PER_HELD_OUT)
    kept = {places[index] for index in rng.choice(len(places), count, replace=False)}
    return Parted(
        tuple(thing for thing in things if place(thing) not in kept),
        tuple(thing for thing in things if place(thing) in kept),
    )


def read_in_turn(
    parts: Parted[_Thing], number: int, seed: int, read: Callable[[_Thing], _Read]
) -> _Read:
    """Read the thing whose turn is `number`; in place of an unreadable one, the next in the order.

    From `HELD_OUT` on it is one of those that are held out, if any are.

    `read` raises PhotoError for an unreadable one, which is logged. Raises RunError if many in a
    row are.
    """
    things = parts.trained
    if number >= HELD_OUT and parts.held_out:
        things, number = parts.held_out, number - HELD_OUT
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
