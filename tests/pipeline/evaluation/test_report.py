from __future__ import annotations

import json
from pathlib import Path

from pipeline.evaluation.report import write_reports
from pipeline.evaluation.results import write_result
from pipeline.store.store import Store
from tests.support.evaluation_results import two_methods


def test_reports_are_made_of_all_results(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for result in [*two_methods("eth3d"), *two_methods("booster")]:
        write_result(store, result)
    summaries = write_reports(store, ["a: unreadable: no"])
    assert [summary.dataset for summary in summaries] == ["booster", "eth3d"]
    document = json.loads((tmp_path / "report.json").read_text())
    assert len(document["pairs"]) == 8
    assert document["failures"] == ["a: unreadable: no"]
    small = document["datasets"][1]["methods"][0]
    assert small["plain"]["psnr"] == {"mean": 22.0, "deviation": 2.0, "pairs": 2}
    assert document["datasets"][1]["paper"][-1]["plain"]["dists"] == 0.258
    assert "SHARP (paper)" in (tmp_path / "report.md").read_text()
    assert "SHARP (paper)" in (tmp_path / "report.html").read_text()


def test_without_results_there_is_an_empty_report(tmp_path: Path) -> None:
    assert write_reports(Store(tmp_path), []) == []
    assert (tmp_path / "report.html").exists()
