from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from schemas.quality import SCORE_PREFIX, QualityFlag, SceneMeasures
from sharp_core.quality.score import FLAT_RELIEF, score_scene

GOOD = SceneMeasures(
    psnr_db=26.0,
    ssim=0.85,
    hole_share=0.001,
    parallax=0.08,
    relief=0.18,
    depth_noise=0.0015,
    stray_share=0.0,
    edge_share=0.036,
    loose_edge_share=0.05,
    detail_share=0.5,
    near_m=1.5,
    median_m=5.0,
)


def score(photo: tuple[QualityFlag, ...] = (), **changes: float) -> float:
    return score_scene(replace(GOOD, **changes), photo).score


def test_a_scene_without_fault_gets_one() -> None:
    assert score() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"psnr_db": 13.0},
        {"ssim": 0.35},
        {"hole_share": 0.05},
        {"relief": 0.05},
        {"depth_noise": 0.01},
        {"stray_share": 0.01},
        {"edge_share": 0.0},
        {"edge_share": 0.1},
        {"loose_edge_share": 0.6},
        {"detail_share": 0.1},
        {"median_m": 0.05},
        {"median_m": 5000.0},
    ],
    ids=str,
)
def test_each_fault_lowers_the_score(fault: dict[str, float]) -> None:
    assert 0 < score(**fault) < 0.9


def test_faults_add_up_and_the_score_stays_within_its_range() -> None:
    faults = [("psnr_db", 5.0), ("relief", 0.0), ("edge_share", 0.0), ("detail_share", 0.0)]
    scores = [score(**dict(faults[:count])) for count in range(len(faults) + 1)]
    assert all(first > second > 0 for first, second in itertools.pairwise(scores))
    assert score(tuple(QualityFlag), **dict(faults)) < 0.001


def test_what_is_no_photo_makes_no_good_scene() -> None:
    for flag in (QualityFlag.SCREENSHOT, QualityFlag.DOCUMENT, QualityFlag.DRAWING):
        assert score((flag,)) <= 0.1
    assert score((QualityFlag.BLURRED,)) < score((QualityFlag.DARK,)) < 1


def test_a_scene_about_a_plane_is_flat() -> None:
    flat = score_scene(replace(GOOD, relief=FLAT_RELIEF / 2), ())
    assert flat.flags == (QualityFlag.FLAT,)
    assert score_scene(GOOD, ()).flags == ()
    # Found twice, it counts once.
    assert score_scene(flat.measures, (QualityFlag.FLAT,)).score == flat.score


def test_a_scene_of_centimetres_is_a_macro() -> None:
    assert score_scene(replace(GOOD, median_m=0.2), ()).flags == (QualityFlag.MACRO,)


def test_the_record_names_the_version_and_all_measures() -> None:
    text = score_scene(GOOD, ()).as_text()
    assert text.startswith(SCORE_PREFIX)
    assert set(json.loads(text)) == {"version", *GOOD.__dataclass_fields__}
