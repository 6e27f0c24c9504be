"""How far apart two eyes may be before a scene, and which distance lies on the screen.

With f the focal length as a share of the picture's width and B the baseline, a thing at Z lies
f B / Z of the width farther right in the left picture; both pictures are shifted until what lies at
the zero-parallax distance Z0 = f B / a coincides, a being the adjustment. Nearer things then stand
before the screen, farther ones behind it (F. L. Kooi, A. Toet, "Visual comfort of binocular and 3D
displays", Displays 25, 2004, on why the span between both has to stay small).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from sharp_core.views.stereo import EYE_DISTANCE_MM

# What is shown may span so much of the width from the nearest to the farthest: 3 % is about a
# degree on a television, and 1/30 of the nearest distance as a baseline.
MOST_DISPARITY = 0.03
# Spatial photos that are set back by more than a tenth are taken for damaged.
MOST_ADJUSTMENT = 0.1


@dataclass(frozen=True, slots=True)
class ComfortSettings:
    """What a person wants. Raises ValueError where it makes no sense."""

    baseline_mm: float = EYE_DISTANCE_MM  # made smaller where the scene would span too much
    converge_m: float | None = None  # the zero-parallax distance; None: what suits the picture
    max_disparity: float = MOST_DISPARITY  # a share of the width, from the nearest to the farthest

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
    """The nearest and the farthest of what a picture shows, in metres, without specks."""

    near_m: float
    far_m: float


def comfortable_baseline(focal_share: float, depth: DepthRange, settings: ComfortSettings) -> float:
    """Return the baseline in metres: the one wanted, or the largest that is comfortable."""
    span = 1 / depth.near_m - 1 / depth.far_m
    by_span = settings.max_disparity / (focal_share * span) if span > 0 else math.inf
    by_adjustment = MOST_ADJUSTMENT * depth.near_m / focal_share
    return min(settings.baseline_mm / 1000, by_span, by_adjustment)


def window_adjustment(
    focal_share: float, baseline_m: float, depth: DepthRange, settings: ComfortSettings
) -> float:
    """Return the adjustment that leaves all behind the screen, as behind a window.

    So nothing that an edge cuts off stands before that edge.
    """
    nearest = settings.converge_m or depth.near_m
    return min(focal_share * baseline_m / nearest, MOST_ADJUSTMENT)


def middle_adjustment(
    focal_share: float, baseline_m: float, depth: DepthRange, settings: ComfortSettings
) -> float:
    """Return the adjustment that sets as much before the screen as behind it.

    For pictures whose eyes are not kept apart well, as by coloured glasses: no thing is far off.
    """
    nearness = (1 / depth.near_m + 1 / depth.far_m) / 2
    return min(focal_share * baseline_m / (settings.converge_m or 1 / nearness), MOST_ADJUSTMENT)
