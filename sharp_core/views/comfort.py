"""Comfortable stereo: baseline and horizontal disparity adjustment for a range of depth.

Let f be the focal length as a share of the image width, and B the baseline. An object at depth Z
is f B / Z of the width farther right in the left image. Both images are shifted by the adjustment
a, so that the zero-parallax distance Z0 = f B / a lies on the screen. Nearer objects appear in
front of the screen, farther ones behind it. The range of disparity must stay small (F. L. Kooi,
A. Toet, "Visual comfort of binocular and 3D displays", Displays 25, 2004).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from schemas.export_settings import EYE_DISTANCE_MM, MAX_DISPARITY
from sharp_core.containers.spatial_limits import MOST_ADJUSTMENT


@dataclass(frozen=True, slots=True)
class ComfortSettings:
    """What the user asks for. Raises ValueError for numbers out of range."""

    baseline_mm: float = EYE_DISTANCE_MM  # reduced if the range of disparity would be too large
    converge_m: float | None = None  # the zero-parallax distance; None: chosen for the format
    max_disparity: float = MAX_DISPARITY  # range from nearest to farthest, share of the width

    def __post_init__(self) -> None:
        if not 0.1 <= self.baseline_mm <= 10_000:
            raise ValueError(f"baseline: expected 0.1 to 10000 mm, found {self.baseline_mm:g}")
        if self.converge_m is not None and not 0.01 <= self.converge_m < math.inf:
            raise ValueError(f"distance of the screen: 0.01 m or more, found {self.converge_m:g}")
        if not 0.001 <= self.max_disparity <= 0.2:
            raise ValueError(
                f"disparity: expected 0.001 to 0.2 of the width, found {self.max_disparity:g}"
            )


class DepthRange(NamedTuple):
    """The nearest and the farthest visible depth in metres, without outliers."""

    near_m: float
    far_m: float


def comfortable_baseline(focal_share: float, depth: DepthRange, settings: ComfortSettings) -> float:
    """Return the baseline in metres: the one in `settings`, or the largest comfortable one."""
    span = 1 / depth.near_m - 1 / depth.far_m
    by_span = settings.max_disparity / (focal_share * span) if span > 0 else math.inf
    by_adjustment = MOST_ADJUSTMENT * depth.near_m / focal_share
    return min(settings.baseline_mm / 1000, by_span, by_adjustment)


def adjustment_behind_screen(
    focal_share: float, baseline_m: float, depth: DepthRange, settings: ComfortSettings
) -> float:
    """Return the adjustment that places the whole scene behind the screen.

    So no object that the image border cuts off appears in front of the border (stereo window).
    """
    nearest = settings.converge_m or depth.near_m
    return min(focal_share * baseline_m / nearest, MOST_ADJUSTMENT)


def adjustment_centered(
    focal_share: float, baseline_m: float, depth: DepthRange, settings: ComfortSettings
) -> float:
    """Return the adjustment that splits the disparity equally in front of and behind the screen.

    It keeps the largest disparity small, for displays with crosstalk such as coloured glasses.
    """
    nearness = (1 / depth.near_m + 1 / depth.far_m) / 2
    return min(focal_share * baseline_m / (settings.converge_m or 1 / nearness), MOST_ADJUSTMENT)
