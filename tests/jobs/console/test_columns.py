from __future__ import annotations

from jobs.console.columns import column_lines


def test_columns_are_as_wide_as_their_longest_text_and_lines_end_with_it() -> None:
    rows = [("a", "", "/photos/1.jpg"), ("long", "done", "")]
    assert list(column_lines(("id", "state", "path"), rows)) == [
        "id    state  path",
        "a            /photos/1.jpg",
        "long  done",
    ]
