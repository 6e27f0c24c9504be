"""Summaries -> tables of plain text cells, which every kind of report shows."""

from __future__ import annotations

from dataclasses import dataclass

from sharp_core.evaluation.metrics.registry import METRICS
from sharp_core.evaluation.paper import PaperNumbers, PaperRow
from sharp_core.evaluation.summary import DatasetSummary, MethodSummary, MetricMean

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, and rows of as many cells. `paper_from` is the first row of the paper's."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    paper_from: int


def metrics_table(summary: DatasetSummary) -> Table:
    """Return methods by metrics: each with the scale as predicted and aligned to true depth."""
    head = ["method", "pairs"]
    for name in summary.metrics:
        metric = METRICS.get(name)
        head += [f"{metric.title} {metric.arrow}", f"{metric.title} aligned"]
    rows = [_own_row(method, summary.metrics) for method in summary.methods]
    paper = [_paper_row(row, summary.metrics) for row in summary.paper]
    return Table((*head, "scale", "predict s", "render s"), (*rows, *paper), paper_from=len(rows))


def motion_table(summary: DatasetSummary) -> Table:
    """Return methods and distances between the cameras by metrics, as predicted."""
    head = ["method", "distance", "pairs"]
    head += [f"{METRICS.get(name).title} {METRICS.get(name).arrow}" for name in summary.metrics]
    rows = [
        (
            method.method,
            distance_text(part.from_m, part.to_m),
            str(part.pairs),
            *(_with_deviation(name, part.plain.get(name)) for name in summary.metrics),
        )
        for method in summary.methods
        for part in method.motion
    ]
    return Table(tuple(head), tuple(rows), paper_from=len(rows))


def distance_text(from_m: float, to_m: float | None) -> str:
    """Return a range of distances, as `5 to 10 cm`."""
    if to_m is None:
        return f"over {from_m:g} m"
    if to_m < 1:
        return f"{100 * from_m:g} to {100 * to_m:g} cm"
    return f"{from_m:g} to {to_m:g} m"


def number_text(metric: str, value: float) -> str:
    """Return a value with the decimals of its metric."""
    return f"{value:.{METRICS.get(metric).decimals}f}"


def _own_row(method: MethodSummary, metrics: tuple[str, ...]) -> tuple[str, ...]:
    cells = [method.method, str(method.pairs)]
    for name in metrics:
        cells += [_mean(name, method.plain.get(name)), _mean(name, method.aligned.get(name))]
    return (
        *cells,
        NOTHING if method.median_scale is None else f"{method.median_scale:.2f}",
        NOTHING if method.predict_seconds is None else f"{method.predict_seconds:.2f}",
        f"{method.render_seconds:.2f}",
    )


def _paper_row(row: PaperRow, metrics: tuple[str, ...]) -> tuple[str, ...]:
    cells = [f"{row.method} (paper)", ""]
    for name in metrics:
        field = "lpips" if name.startswith("lpips") else name
        cells += [_paper_number(numbers, field) for numbers in (row.plain, row.aligned)]
    return (*cells, "", "", "")


def _paper_number(numbers: PaperNumbers, field: str) -> str:
    if field not in numbers._fields:
        return NOTHING
    return f"{getattr(numbers, field):.{2 if field == 'psnr' else 3}f}"


def _mean(metric: str, mean: MetricMean | None) -> str:
    return NOTHING if mean is None else number_text(metric, mean.mean)


def _with_deviation(metric: str, mean: MetricMean | None) -> str:
    if mean is None:
        return NOTHING
    return f"{number_text(metric, mean.mean)} ± {number_text(metric, mean.deviation)}"
