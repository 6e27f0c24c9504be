from __future__ import annotations

from schemas.count_text import count_text


def test_one_of_a_thing_is_told_in_the_singular() -> None:
    assert [count_text(count, "file") for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert count_text(1, "copy", "copies") == "1 copy"
    assert count_text(80_000, "photo is", "photos are") == "80,000 photos are"
