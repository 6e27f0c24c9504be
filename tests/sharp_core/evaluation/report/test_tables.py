from __future__ import annotations

import pytest

from sharp_core.evaluation.report.tables import distance_text, metrics_table, motion_table
from sharp_core.evaluation.summary import summarize
from tests.support.evaluation_results import two_methods


@pytest.mark.parametrize(
    ("from_m", "to_m", "text"),
    [(0.05, 0.1, "5 to 10 cm"), (0.5, 1.0, "0.5 to 1 m"), (3.0, None, "over 3 m")],
)
def test_distances(from_m: float, to_m: float | None, text: str) -> None:
    assert distance_text(from_m, to_m) == text


def test_every_row_has_as_many_cells_as_the_heading() -> None:
    (summary,) = summarize(two_methods("wildrgbd"))
    for table in (metrics_table(summary), motion_table(summary)):
        assert {len(row) for row in table.rows} == {len(table.head)}
    table = metrics_table(summary)
    assert (len(table.rows), table.paper_from) == (2 + 7, 2)
    assert table.head[2:4] == ("PSNR (dB) ↑", "PSNR (dB) aligned")
