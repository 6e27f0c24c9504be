"""A metric over the distance between the cameras, as an SVG drawing: one line per method."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from sharp_core.evaluation.metrics.registry import METRICS
from sharp_core.evaluation.report.tables import distance_text, number_text
from sharp_core.evaluation.summary import DatasetSummary, DistanceBin, MethodSummary

_WIDTH, _HEIGHT = 460, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 30, 44
# Colours that stay apart for colour-blind eyes (Okabe and Ito, 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARGIN = 0.08  # of the range of values, above and below


class _Scale(NamedTuple):
    bins: list[tuple[float, float | None]]
    low: float
    high: float

    def x(self, part: DistanceBin) -> float:
        index = self.bins.index((part.from_m, part.to_m))
        return _LEFT + (index + 0.5) * (_WIDTH - _LEFT - _RIGHT) / len(self.bins)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def motion_curve(summary: DatasetSummary, metric: str) -> str:
    """Return the drawing: means with one standard deviation. Empty where there is a single bin."""
    bins = sorted(
        {(part.from_m, part.to_m) for method in summary.methods for part in method.motion},
        key=lambda edges: edges[0],
    )
    found = [
        mean
        for method in summary.methods
        for part in method.motion
        if (mean := part.plain.get(metric)) is not None
    ]
    if len(bins) < 2 or not found:
        return ""
    low = min(mean.mean - mean.deviation for mean in found)
    high = max(mean.mean + mean.deviation for mean in found)
    margin = _MARGIN * (high - low) or 1.0
    scale = _Scale(bins, low - margin, high + margin)
    entry = METRICS.get(metric)
    lines = [
        _line(method, metric, scale, COLOURS[index % len(COLOURS)])
        for index, method in enumerate(summary.methods)
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img" aria-label="{escape(entry.title)} by distance">'
        f'<text x="{_LEFT}" y="18" class="title">{escape(entry.title)} {entry.arrow}</text>'
        f"{_axes(scale, metric)}{''.join(lines)}</svg>"
    )


def _axes(scale: _Scale, metric: str) -> str:
    parts = [
        f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" class="axis"/>',
    ]
    for share in (0.0, 0.5, 1.0):
        value = scale.low + share * (scale.high - scale.low)
        parts.append(
            f'<text x="{_LEFT - 6}" y="{scale.y(value) + 4:.1f}" text-anchor="end">'
            f"{number_text(metric, value)}</text>"
        )
    for edges in scale.bins:
        x = scale.x(DistanceBin(*edges, 0, {}))
        words = distance_text(*edges).replace(" to ", "-")
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{words}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        "distance between the cameras</text>"
    )
    return "".join(parts)


def _line(method: MethodSummary, metric: str, scale: _Scale, colour: str) -> str:
    parts, path = [], []
    for part in method.motion:
        mean = part.plain.get(metric)
        if mean is None:
            continue
        x, y = scale.x(part), scale.y(mean.mean)
        top, bottom = scale.y(mean.mean + mean.deviation), scale.y(mean.mean - mean.deviation)
        path.append(f"{x:.1f} {y:.1f}")
        parts.append(f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{colour}" class="bar"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
    line = f'<path d="M{"L".join(path)}" stroke="{colour}" class="line"/>' if path else ""
    return line + "".join(parts)
