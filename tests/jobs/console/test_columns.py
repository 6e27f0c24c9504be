from __future__ import annotations

from itertools import count, islice

from jobs.console.columns import column_lines


def test_columns_are_as_wide_as_their_longest_text_and_lines_end_with_it() -> None:
    rows = [("a", "", "/photos/1.jpg"), ("long", "done", "")]
    assert list(column_lines(("id", "state", "path"), rows)) == [
        "id    state  path",
        "a            /photos/1.jpg",
        "long  done",
    ]


def test_rows_without_an_end_are_streamed_and_no_rows_have_no_head() -> None:
    endless = ((str(number), "x") for number in count())
    assert list(islice(column_lines(("number", "path"), endless), 2)) == [
        "number  path",
        "0       x",
    ]
    assert list(column_lines(("number", "path"), [])) == []
