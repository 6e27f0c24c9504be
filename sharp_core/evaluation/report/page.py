"""The report as an HTML page: tables, curves, and pictures of target, rendering and difference.

The page and its pictures lie in one folder, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from sharp_core.evaluation.report.curve import COLOURS, motion_curve
from sharp_core.evaluation.report.tables import Table, metrics_table, motion_table, number_text
from sharp_core.evaluation.report.text import ABOUT, ABOUT_PAPER
from sharp_core.evaluation.result import PairResult
from sharp_core.evaluation.summary import DatasetSummary

MOST_PAIRS_SHOWN = 60  # of a data set: a page of hundreds of pictures is slow

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .8em 0; }
.wide { overflow-x: auto; }
th, td { padding: .3em .7em; text-align: right; border-bottom: 1px solid #8885;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
tr.paper { opacity: .65; }
.note { opacity: .75; margin: .3em 0; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: .2em;
  margin-right: .4em; }
svg { margin: .4em 1em .4em 0; } svg text { font-size: 11px; fill: currentColor; }
svg .title { font-size: 13px; font-weight: 600; }
svg .axis { fill: none; stroke: currentColor; opacity: .5; }
svg .line { fill: none; stroke-width: 1.8; } svg .bar { opacity: .4; stroke-width: 1.5; }
.pair { margin: 1.6em 0; } .pair h3 { margin: 0 0 .4em; font-size: 1em; }
.pictures { display: grid; grid-template-columns: repeat(4, 1fr); gap: .7em; margin: .7em 0; }
@media (max-width: 700px) { .pictures { grid-template-columns: repeat(2, 1fr); } }
figure { margin: 0; } figure img { width: 100%; display: block; background: #8882; }
figcaption { font-size: 12.5px; margin-top: .2em; font-variant-numeric: tabular-nums; }
"""


def html_report(
    summaries: Sequence[DatasetSummary],
    results: Sequence[PairResult],
    failures: Sequence[str],
) -> str:
    """Return the page."""
    parts = [_dataset(summary, results) for summary in summaries]
    if failures:
        items = "".join(f"<li>{escape(failure)}</li>" for failure in failures)
        parts.append(f"<h2>Failed</h2><ul>{items}</ul>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation</title><style>{_STYLE}</style></head>"
        f"<body><h1>Evaluation</h1>{''.join(parts)}</body></html>"
    )


def _dataset(summary: DatasetSummary, results: Sequence[PairResult]) -> str:
    swatches = {
        method.method: COLOURS[index % len(COLOURS)] for index, method in enumerate(summary.methods)
    }
    curves = "".join(motion_curve(summary, metric) for metric in summary.metrics)
    about = [ABOUT, *([ABOUT_PAPER] if summary.paper else []), *summary.notes]
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in about)
    distances = (
        "<details><summary>By the distance between the cameras</summary>"
        f"{_table(motion_table(summary), swatches)}</details>"
    )
    return (
        f"<h2>{escape(summary.dataset)}</h2>{_table(metrics_table(summary), swatches)}{notes}"
        f"{curves}{distances}{_pairs(summary, results)}"
    )


def _table(table: Table, swatches: dict[str, str]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = []
    for index, row in enumerate(table.rows):
        kind = ' class="paper"' if index >= table.paper_from else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        rows.append(f"<tr{kind}><td>{_swatch(swatches, row[0])}{escape(row[0])}</td>{cells}</tr>")
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _swatch(swatches: dict[str, str], method: str) -> str:
    colour = swatches.get(method)
    return f'<span class="swatch" style="background:{colour}"></span>' if colour else ""


def _pairs(summary: DatasetSummary, results: Sequence[PairResult]) -> str:
    by_pair: dict[str, list[PairResult]] = {}
    for result in results:
        if result.dataset == summary.dataset and result.pictures:
            by_pair.setdefault(result.pair, []).append(result)
    # In the order of the table, the best one first.
    places = {method.method: place for place, method in enumerate(summary.methods)}
    shown = sorted(by_pair)[:MOST_PAIRS_SHOWN]
    parts = [
        _pair(pair, sorted(by_pair[pair], key=lambda one: places.get(one.method, len(places))))
        for pair in shown
    ]
    if len(by_pair) > len(shown):
        parts.append(f'<p class="note">{len(by_pair) - len(shown)} more pairs are not shown.</p>')
    return "".join(parts)


def _pair(pair: str, results: list[PairResult]) -> str:
    rows = "".join(f'<div class="pictures">{_row(result)}</div>' for result in results)
    return f'<div class="pair"><h3>{escape(pair)}</h3>{rows}</div>'


def _row(result: PairResult) -> str:
    """Return the pictures of one method beside the target, which the eye has to compare."""
    size = f"{result.width} x {result.height} px, {100 * result.distance_m:.1f} cm apart"
    pictures = result.pictures
    figures = [
        _figure(pictures.get("target"), f"target ({size})"),
        _figure(pictures.get("plain"), f"{result.method}: {_values(result.plain)}"),
        _figure(pictures.get("difference"), f"{result.method}: difference from the target"),
    ]
    if result.aligned is not None and result.scale is not None:
        text = f"{result.method}, scaled by {result.scale:.2f}: {_values(result.aligned)}"
        figures.append(_figure(pictures.get("aligned"), text))
    return "".join(figures)


def _values(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {number_text(name, value)}" for name, value in values.items())


def _figure(path: str | None, caption: str) -> str:
    if path is None:
        return ""
    return (
        f'<figure><a href="{quote(path)}"><img loading="lazy" src="{quote(path)}" '
        f'alt="{escape(caption)}"></a><figcaption>{escape(caption)}</figcaption></figure>'
    )
