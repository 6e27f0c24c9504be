"""The world map of the page "Places": coasts and one dot per place, as SVG, without a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.catalog.timeline import Spot
from pipeline.scenes.page import bundle_file
from schemas.errors import RunError

# Degrees. The coasts are coarse, and useless at a higher magnification.
_LEAST_WIDTH = 50.0
_MARGIN = 1.25
_ASPECT = 2.0
_WHOLE_WIDTH, _WHOLE_HEIGHT = 360.0, 180.0


class Dot(NamedTuple):
    """A place on the map. x and y are degrees of longitude and of negative latitude."""

    x: float
    y: float
    radius: float
    spot: Spot


class PlacesMap(NamedTuple):
    """The SVG path, view box and dots of the map."""

    coasts: str
    view_box: str
    dots: tuple[Dot, ...]


def map_of(spots: Sequence[Spot]) -> PlacesMap | None:
    """Return a map that shows all places; None without places, or if the viewer is not built."""
    try:
        coasts = bundle_file("land.txt").decode()
    except RunError:
        return None
    if not spots:
        return None
    x0, x1 = _ends([spot.longitude for spot in spots])
    y0, y1 = _ends([-spot.latitude for spot in spots])
    width = max(_LEAST_WIDTH, _MARGIN * (x1 - x0), _MARGIN * _ASPECT * (y1 - y0))
    width = min(width, _WHOLE_WIDTH)
    height = width / _ASPECT
    left = _within((x0 + x1 - width) / 2, _WHOLE_WIDTH, width)
    top = _within((y0 + y1 - height) / 2, _WHOLE_HEIGHT, height)
    most = max(spot.photos for spot in spots)
    dots = tuple(
        Dot(
            spot.longitude,
            -spot.latitude,
            width * (0.004 + 0.01 * math.sqrt(spot.photos / most)),
            spot,
        )
        for spot in spots
    )
    return PlacesMap(coasts, f"{left:.2f} {top:.2f} {width:.2f} {height:.2f}", dots)


def _ends(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _within(start: float, whole: float, part: float) -> float:
    """Return the start of the view box, moved to stay within the map."""
    return min(max(start, -whole / 2), whole / 2 - part)
