from __future__ import annotations

import pytest

from pipeline.evaluation.results import picture_folder, result_path, safe_name


@pytest.mark.parametrize(
    ("text", "name"),
    [("small", "small"), ("../../etc", "_.._etc"), ("a b/c", "a_b_c"), ("...", "_"), ("", "_")],
)
def test_names_of_files_stay_in_their_folder(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_pairs_have_paths_of_their_own() -> None:
    pairs = ("a/b", "a_b", "a b", "x" * 300)
    assert len({result_path("m", "d", pair) for pair in pairs}) == len(pairs)
    folders = {picture_folder("d", pair) for pair in pairs}
    assert len(folders) == len(pairs)
    assert max(map(len, folders)) < 100
