from __future__ import annotations

from dataclasses import replace

import pytest

from sharp_core.evaluation.result import PairResult
from sharp_core.evaluation.summary import summarize


def result(pair: str, method: str, psnr: float, **other: object) -> PairResult:
    made = PairResult(
        dataset="eth3d", pair=pair, source=pair, method=method, key="k", width=8, height=6,
        distance_m=0.3, plain={"psnr": psnr, "ssim": psnr / 40}, aligned={"psnr": psnr + 1},
        scale=2.0, predict_seconds=1.0, render_seconds=0.5,
    )  # fmt: skip
    return replace(made, **other)


def test_known_pairs_give_known_means() -> None:
    (summary,) = summarize(
        [result("a", "small", 20.0), result("b", "small", 24.0, scale=4.0, aligned={"psnr": 27.0})]
    )
    (method,) = summary.methods
    assert (summary.dataset, summary.metrics) == ("eth3d", ("psnr", "ssim"))
    assert method.plain["psnr"].mean == 22.0
    assert method.plain["psnr"].deviation == 2.0
    assert method.plain["ssim"].mean == pytest.approx(0.55)
    assert method.aligned["psnr"].mean == 24.0
    assert "ssim" not in method.aligned
    assert method.median_scale == 3.0
    assert summary.paper[-1].method == "SHARP"


def test_methods_are_compared_over_pairs_that_all_have() -> None:
    (summary,) = summarize(
        [
            result("a", "small", 20.0),
            result("b", "small", 40.0),
            result("a", "flat", 10.0, aligned=None, scale=None),
        ]
    )
    small, flat = summary.methods
    assert (small.method, small.pairs, small.plain["psnr"].mean) == ("small", 1, 20.0)
    assert flat.plain["psnr"].mean == 10.0
    assert small.aligned == flat.aligned == {}  # no pair has an aligned scale with both
    assert "1 pair left out" in summary.notes[0]


def test_pairs_are_binned_by_distance() -> None:
    (summary,) = summarize(
        [
            result("a", "small", 20.0, distance_m=0.06),
            result("b", "small", 22.0, distance_m=0.09),
            result("c", "small", 18.0, distance_m=0.5),
            result("d", "small", 12.0, distance_m=7.0),
        ]
    )
    bins = [(part.from_m, part.to_m, part.pairs) for part in summary.methods[0].motion]
    assert bins == [(0.05, 0.1, 2), (0.5, 1.0, 1), (3.0, None, 1)]
    assert summary.methods[0].motion[0].plain["psnr"].deviation == 1.0


def test_data_sets_are_apart_and_sorted() -> None:
    other = result("a", "small", 30.0, dataset="booster")
    summaries = summarize([result("a", "small", 20.0), other])
    assert [summary.dataset for summary in summaries] == ["booster", "eth3d"]
    assert summaries[0].methods[0].plain["psnr"].mean == 30.0


def test_results_survive_json() -> None:
    made = result("a", "small", 20.0, notes=("one",), pictures={"target": "t.webp"})
    values = made.as_dict() | {"notes": ["one"]}
    assert PairResult.from_dict(values) == made
    assert PairResult.from_dict({"pair": "a"}) is None
