from __future__ import annotations

from pathlib import Path

from tests.support.cluster_run import MOST_PHOTOS
from tests.support.programs import answer_of


def test_photos_of_a_node_that_dies_go_elsewhere_and_one_that_joins_is_used(tmp_path: Path) -> None:
    answer = answer_of("tests.support.cluster_run", tmp_path)
    assert not answer["awaited"]  # two predictors, one, and two again
    assert set(answer["ends"].values()) == {"done"}  # and none was blamed
    assert len(answer["ends"]) < MOST_PHOTOS


def test_a_run_on_a_cluster_whose_head_dies_ends_with_a_word(tmp_path: Path) -> None:
    answer = answer_of("tests.support.lost_cluster_run", tmp_path)
    assert "does not answer any more" in answer["said"]
