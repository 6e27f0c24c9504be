from __future__ import annotations

import pytest

from sharp_core.evaluation.datasets.registry import DATASETS
from sharp_core.evaluation.paper import PaperNumbers, paper_rows


@pytest.mark.parametrize("dataset", DATASETS.names)
def test_every_data_set_has_the_papers_seven_methods(dataset: str) -> None:
    rows = paper_rows(dataset)
    assert len(rows) == 7
    assert rows[-1].method == "SHARP"
    best = min(row.plain.dists for row in rows)
    assert rows[-1].plain.dists == best  # table 1: SHARP is the best on each


def test_numbers_stand_in_the_right_columns() -> None:
    sharp = {name: paper_rows(name)[-1] for name in DATASETS.names}
    assert sharp["middlebury"].plain == PaperNumbers(17.12, 0.693, 0.358, 0.097)
    assert sharp["eth3d"].aligned == PaperNumbers(19.09, 0.715, 0.381, 0.187)
    assert sharp["tanks-and-temples"].plain == PaperNumbers(16.33, 0.528, 0.421, 0.122)
    assert paper_rows("wildrgbd")[0].aligned == PaperNumbers(19.45, 0.679, 0.368, 0.181)


def test_other_data_sets_have_none() -> None:
    assert paper_rows("stereo-photos") == ()
