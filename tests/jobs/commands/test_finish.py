from __future__ import annotations

from jobs.commands.finish import counts_text


def test_one_of_a_thing_is_told_in_the_singular_and_none_is_not_told() -> None:
    failed = ("scene failed", "scenes failed")
    assert counts_text([(1, *failed), (2, *failed), (0, *failed), (3, "skipped")]) == [
        *("1 scene failed", "2 scenes failed", "3 skipped")
    ]
