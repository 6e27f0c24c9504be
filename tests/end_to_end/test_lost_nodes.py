from __future__ import annotations

from pathlib import Path

from tests.support.cluster_run import MOST_PHOTOS
from tests.support.programs import answer_of


def test_photos_of_a_dead_node_are_repeated_elsewhere_and_a_new_node_is_used(
    tmp_path: Path,
) -> None:
    answer = answer_of("tests.support.cluster_run", tmp_path)
    assert not answer["awaited"]  # two predictors, one, and two again
    assert set(answer["ends"].values()) == {"done"}  # and no crash counted
    assert len(answer["ends"]) < MOST_PHOTOS


def test_a_run_whose_cluster_head_dies_ends_with_an_error(tmp_path: Path) -> None:
    answer = answer_of("tests.support.lost_cluster_run", tmp_path)
    assert "does not answer any more" in answer["said"]
