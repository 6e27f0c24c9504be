from __future__ import annotations

import logging

import pytest

from schemas.errors import PhotoError, RunError
from schemas.reasons import FailureReason
from sharp_core.training.data.passes import read_in_turn


def unreadable(*names: str):
    def read(name: str) -> str:
        if name in names:
            raise PhotoError(FailureReason.UNREADABLE, f"{name} is damaged")
        return name

    return read


def test_each_pass_has_each_thing_once_in_its_own_order():
    passes = [
        [read_in_turn("abcdef", number, 3, str) for number in range(6 * i, 6 * i + 6)]
        for i in range(3)
    ]
    assert [sorted(one) for one in passes] == [[*"abcdef"]] * 3
    assert len({tuple(one) for one in passes}) == 3
    assert [read_in_turn("abcdef", number, 3, str) for number in range(6)] == passes[0]
    assert [read_in_turn("abcdef", number, 4, str) for number in range(6)] != passes[0]


def test_the_next_one_takes_the_turn_of_an_unreadable_one(caplog):
    order = [read_in_turn("abcdef", number, 3, str) for number in range(6)]
    with caplog.at_level(logging.WARNING):
        seen = [read_in_turn("abcdef", number, 3, unreadable(order[2])) for number in range(6)]
    assert seen == [*order[:2], order[3], *order[3:]]
    assert f"not used for training: {order[2]} is damaged" in caplog.text


def test_many_unreadable_ones_in_a_row_end_the_run():
    with pytest.raises(RunError, match="3 in a row cannot be used for training"):
        read_in_turn("abc", 0, 0, unreadable(*"abc"))
