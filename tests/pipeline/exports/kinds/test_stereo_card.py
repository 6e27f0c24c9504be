from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.made_photos import make_photo
from tests.support.small_exports import QUICK, run
from tests.support.trivial_model import ingest


def test_both_cards_hold_the_same_pictures_the_other_way_around(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "one.jpg", 1)
    ingest(tmp_path / "library", tmp_path / "photos")
    settings = replace(QUICK, kinds=("card", "card-cross"), long_side=256)
    report = run(tmp_path / "library", tmp_path / "out", settings)
    assert (report.files, report.failed) == (2, 0)
    cards = []
    for name in ("one_card.jpg", "one_card_cross.jpg"):
        with Image.open(tmp_path / "out" / name) as card:
            assert card.size == (2100, 1050)
            assert card.info["dpi"] == (300, 300)
            cards.append(np.asarray(card).astype(int))
    parallel, crossed = ((card[100:900, 150:1000], card[100:900, 1086:1936]) for card in cards)
    for one, other in zip(parallel, reversed(crossed), strict=True):
        assert abs(one - other).mean() < 1  # of a JPEG
