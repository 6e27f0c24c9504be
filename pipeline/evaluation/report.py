"""The reports of an output: made again of all its results, whoever computed them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pipeline.evaluation.results import read_results
from pipeline.store.store import Store
from sharp_core.evaluation.report.page import html_report
from sharp_core.evaluation.report.text import markdown_report
from sharp_core.evaluation.summary import DatasetSummary, summarize


def write_reports(store: Store, failures: Sequence[str]) -> list[DatasetSummary]:
    """Write report.html, report.md and report.json. Raises PhotoError (disk full), RunError."""
    results = read_results(store)
    summaries = summarize(results)
    document = {
        "datasets": [summary.as_dict() for summary in summaries],
        "pairs": [result.as_dict() for result in results],
        "failures": list(failures),
    }
    texts = {
        "report.html": html_report(summaries, results, failures),
        "report.md": markdown_report(summaries, failures),
        "report.json": json.dumps(document, indent=1),
    }
    for name, text in texts.items():
        data = text.encode()
        store.write(name, lambda file, data=data: file.write(data))  # type: ignore[misc]
    return summaries
