"""Draw a run's log: loss and validation over steps, as one PNG, with Pillow alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

_WIDTH, _HEIGHT, _MARGIN = 900, 260, 48
_COLOURS = ("#1f6fb4", "#c8501e", "#3a8f3a", "#7a4fa3")


@dataclass(frozen=True)
class Curve:
    """One line of a panel."""

    name: str
    points: tuple[tuple[float, float], ...]
    """(step, value), in order."""


def plot_log(log: Path, picture: Path) -> None:
    """Read a log of JSON lines and write its plot."""
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    panels = [
        ("loss", [_curve(records, "total"), _curve(records, "depth")]),
        ("Spearman", [_validated(records, part, "spearman") for part in _PARTS]),
        ("ordered pairs", [_validated(records, part, "ordered_pairs") for part in _PARTS]),
        ("error after scale and shift", [_validated(records, part, "error") for part in _PARTS]),
    ]
    image = Image.new("RGB", (_WIDTH, _HEIGHT * len(panels)), "white")
    for number, (title, curves) in enumerate(panels):
        _draw_panel(ImageDraw.Draw(image), number * _HEIGHT, title, curves)
    image.save(picture, optimize=True)


_PARTS = ("measured", "held_out", "scenes")


def _curve(records: Sequence[dict[str, float]], key: str) -> Curve:
    points = [(r["step"], r[key]) for r in records if key in r]
    return Curve(key, _smooth(points))


def _smooth(
    points: list[tuple[float, float]], share: float = 0.8
) -> tuple[tuple[float, float], ...]:
    """Return running means that keep `share` of the former value: single steps are noisy."""
    smooth: list[tuple[float, float]] = []
    for step, value in points:
        last = smooth[-1][1] if smooth else value
        smooth.append((step, share * last + (1 - share) * value))
    return tuple(smooth)


def _validated(
    records: Sequence[dict[str, dict[str, dict[str, float]]]], part: str, key: str
) -> Curve:
    points = []
    for record in records:
        value = record.get("validation", {}).get(part, {}).get(key)
        if value is not None:
            points.append((float(record["step"]), value))  # type: ignore[arg-type]
    return Curve(part.replace("_", " "), tuple(points))


def _draw_panel(draw: ImageDraw.ImageDraw, top: int, title: str, curves: list[Curve]) -> None:
    values = [value for curve in curves for _, value in curve.points]
    steps = [step for curve in curves for step, _ in curve.points]
    left, right = _MARGIN + 10, _WIDTH - 20
    high, low = top + 30, top + _HEIGHT - 30
    draw.rectangle((left, high, right, low), outline="#888888")
    draw.text((left, top + 10), title, fill="black")
    if not values:
        return
    bottom, ceiling = min(values), max(*values, min(values) + 1e-6)
    last = max(*steps, 1.0)

    def place(step: float, value: float) -> tuple[float, float]:
        across = left + (right - left) * step / last
        return across, low - (low - high) * (value - bottom) / (ceiling - bottom)

    for share in (0.0, 0.5, 1.0):
        value = bottom + share * (ceiling - bottom)
        draw.text((6, place(0.0, value)[1] - 6), f"{value:.3f}", fill="black")
        draw.text(
            (left + (right - left) * share - 12, low + 6), f"{last * share:.0f}", fill="black"
        )
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        draw.text((left + 260 + 140 * number, top + 10), curve.name, fill=colour)
        if len(curve.points) > 1:
            draw.line([place(*point) for point in curve.points], fill=colour, width=2)
        elif curve.points:
            x, y = place(*curve.points[0])
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
