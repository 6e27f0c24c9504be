"""Results -> means per data set and method, and metrics over the distance between the cameras."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from schemas.count_text import count_text
from sharp_core.evaluation.metrics.registry import METRICS
from sharp_core.evaluation.paper import PaperRow, paper_rows
from sharp_core.evaluation.result import PairResult

# Metres. The paper's motion study names 0.5 m, its intended range, and 3 m; finer below.
DISTANCE_EDGES_M = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 3.0, math.inf)


@dataclass(frozen=True, slots=True)
class MetricMean:
    """The mean of one metric over pairs."""

    mean: float
    deviation: float  # between pairs; 0 of a single one
    pairs: int


@dataclass(frozen=True, slots=True)
class DistanceBin:
    """Metrics of the pairs whose cameras are so far apart."""

    from_m: float
    to_m: float | None  # None: without limit
    pairs: int
    plain: dict[str, MetricMean]


@dataclass(frozen=True, slots=True)
class MethodSummary:
    """One method on one data set."""

    method: str
    pairs: int
    plain: dict[str, MetricMean]
    aligned: dict[str, MetricMean]  # over the pairs that have an aligned scale with each method
    median_scale: float | None
    predict_seconds: float | None  # medians
    render_seconds: float
    motion: tuple[DistanceBin, ...]


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """All methods on one data set."""

    dataset: str
    metrics: tuple[str, ...]
    methods: tuple[MethodSummary, ...]
    paper: tuple[PaperRow, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            **asdict(self),
            "paper": [
                {
                    "method": row.method,
                    "plain": row.plain._asdict(),
                    "aligned": row.aligned._asdict(),
                }
                for row in self.paper
            ],
        }


def summarize(results: Iterable[PairResult]) -> list[DatasetSummary]:
    """Return one summary per data set, by name. Methods are sorted by the first metric, best first.

    Methods are compared over the pairs that all of them have.
    """
    by_dataset: dict[str, list[PairResult]] = {}
    for result in results:
        by_dataset.setdefault(result.dataset, []).append(result)
    return [_dataset(name, by_dataset[name]) for name in sorted(by_dataset)]


def common_pairs(results: Sequence[PairResult]) -> set[str]:
    """Return the pairs of a data set that all of its methods have."""
    by_method: dict[str, set[str]] = {}
    for result in results:
        by_method.setdefault(result.method, set()).add(result.pair)
    return set.intersection(*by_method.values()) if by_method else set()


def _dataset(name: str, results: list[PairResult]) -> DatasetSummary:
    common = common_pairs(results)
    notes = []
    left_out = len({result.pair for result in results} - common)
    if left_out:
        notes.append(
            f"{count_text(left_out, 'pair')} left out of the means: not every method has all."
        )
    by_method: dict[str, list[PairResult]] = {}
    for result in results:
        if result.pair in common:
            by_method.setdefault(result.method, []).append(result)
        notes += [note for note in result.notes if note not in notes]
    metrics = [metric for metric in METRICS.names if any(metric in r.plain for r in results)]
    unaligned = {result.pair for result in results if result.aligned is None}
    methods = [
        _method(method, of_method, metrics, unaligned) for method, of_method in by_method.items()
    ]
    if metrics:
        methods.sort(key=lambda method: _rank(method, metrics[0]))
    return DatasetSummary(
        name,
        tuple(metrics),
        tuple(methods),
        paper_rows(name),
        tuple(notes),
    )


def _rank(method: MethodSummary, metric: str) -> tuple[float, str]:
    found = method.plain.get(metric)
    if found is None:
        return math.inf, method.method
    return -found.mean if METRICS.get(metric).higher_is_better else found.mean, method.method


def _method(
    method: str, results: list[PairResult], metrics: Sequence[str], unaligned: set[str]
) -> MethodSummary:
    aligned = [r.aligned for r in results if r.aligned is not None and r.pair not in unaligned]
    scales = [result.scale for result in results if result.scale is not None]
    predicted = [r.predict_seconds for r in results if r.predict_seconds is not None]
    return MethodSummary(
        method,
        len(results),
        _means([result.plain for result in results], metrics),
        _means(aligned, metrics),
        statistics.median(scales) if scales else None,
        statistics.median(predicted) if predicted else None,
        statistics.median(result.render_seconds for result in results),
        tuple(_bins(results, metrics)),
    )


def _means(values: Sequence[dict[str, float]], metrics: Sequence[str]) -> dict[str, MetricMean]:
    means = {}
    for metric in metrics:
        found = [value[metric] for value in values if metric in value]
        if found:
            means[metric] = MetricMean(
                statistics.fmean(found), statistics.pstdev(found), len(found)
            )
    return means


def _bins(results: list[PairResult], metrics: Sequence[str]) -> Iterable[DistanceBin]:
    for start, end in pairwise(DISTANCE_EDGES_M):
        inside = [result.plain for result in results if start <= result.distance_m < end]
        if inside:
            yield DistanceBin(
                start, end if math.isfinite(end) else None, len(inside), _means(inside, metrics)
            )
