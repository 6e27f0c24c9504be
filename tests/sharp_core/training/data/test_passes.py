from __future__ import annotations

import logging

import pytest

from schemas.errors import PhotoError, RunError
from schemas.reasons import FailureReason
from sharp_core.training.data.passes import Parted, parted, read_in_turn
from sharp_core.training.sharp.sources import HELD_OUT

LETTERS = Parted(tuple("abcdef"))


def unreadable(*names: str):
    def read(name: str) -> str:
        if name in names:
            raise PhotoError(FailureReason.UNREADABLE, f"{name} is damaged")
        return name

    return read


def test_each_pass_has_each_thing_once_in_its_own_order():
    passes = [
        [read_in_turn(LETTERS, number, 3, str) for number in range(6 * i, 6 * i + 6)]
        for i in range(3)
    ]
    assert [sorted(one) for one in passes] == [[*"abcdef"]] * 3
    assert len({tuple(one) for one in passes}) == 3
    assert [read_in_turn(LETTERS, number, 3, str) for number in range(6)] == passes[0]
    assert [read_in_turn(LETTERS, number, 4, str) for number in range(6)] != passes[0]


def test_the_next_one_takes_the_turn_of_an_unreadable_one(caplog):
    order = [read_in_turn(LETTERS, number, 3, str) for number in range(6)]
    with caplog.at_level(logging.WARNING):
        seen = [read_in_turn(LETTERS, number, 3, unreadable(order[2])) for number in range(6)]
    assert seen == [*order[:2], order[3], *order[3:]]
    assert f"not used for training: {order[2]} is damaged" in caplog.text


def test_many_unreadable_ones_in_a_row_end_the_run():
    with pytest.raises(RunError, match="3 in a row cannot be used for training"):
        read_in_turn(Parted(tuple("abc")), 0, 0, unreadable(*"abc"))


def test_one_place_of_fifty_is_held_out_whole():
    things = [f"{place}{thing}" for place in range(100) for thing in "ab"]
    parts = parted(things, 0, lambda thing: thing[:-1])
    assert sorted((*parts.trained, *parts.held_out)) == sorted(things)
    assert len({thing[:-1] for thing in parts.held_out}) == 2
    assert len(parts.held_out) == 4
    assert parted(things, 1, lambda thing: thing[:-1]) != parts
    assert {read_in_turn(parts, HELD_OUT + n, 0, str) for n in range(4)} == {*parts.held_out}
    assert not {read_in_turn(parts, n, 0, str) for n in range(500)} & {*parts.held_out}


def test_of_a_few_places_all_are_trained_on():
    parts = parted("abcdef", 0, str)
    assert parts == LETTERS
    assert read_in_turn(parts, HELD_OUT, 0, str) in "abcdef"
