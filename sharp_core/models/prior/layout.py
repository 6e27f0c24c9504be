"""The stage that a photo's things stand on: a ground plane up to a backdrop, and the sky behind.

Disparity is 1 / depth, a metre. With the camera level, h metres above a plane, the plane at a
row y below the horizon has a disparity of (y - horizon) / (f h), rows and f in one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sharp_core.models.prior.cues import Cues
from sharp_core.models.prior.image import Plane, rise
from sharp_core.models.prior.segments import Segments

NEAREST, FARTHEST = 0.5, 60.0  # metres: the sky is as far as parallax can still be told
_EYE_HEIGHT = 1.5  # metres
_FARTHEST_BACKDROP = 35.0  # metres
_BACKDROP_BELOW_HORIZON = 0.07  # of the picture's height: where the plane meets the backdrop
_HIGHEST_HORIZON, _LOWEST_HORIZON = 0.42, 0.7  # of the picture's height
_MOST_RATIO = 12.0  # of the sky's depth to the nearest ground's

# Without a horizon nothing tells how far a photo looks. Then its long side takes in so many metres
# at the middle of the picture, and the stage leans back gently: it bears being wrong.
_SUBJECT_WIDTH = 3.0
_GENTLE_TOP, _GENTLE_BOTTOM = 0.6, 1.4  # of the middle's disparity
_LEAST_ALOFT = 8.0  # metres: what stands before the open sky is rarely at arm's length


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Disparity of the empty stage."""

    rows: Plane  # (h,) ground and backdrop
    sky: float

    def at(self, y: float) -> float:
        """Disparity of the stage at a height, 0 top to 1 bottom."""
        places = (np.arange(len(self.rows)) + 0.5) / len(self.rows)
        return float(np.interp(y, places, self.rows))


def find_layout(cues: Cues, segments: Segments, focal: float) -> Layout:
    """Choose the stage. `focal` is the focal length over the picture's width."""
    height, width = segments.labels.shape
    y = ((np.arange(height) + 0.5) / height).astype(np.float32)
    middle = float(np.clip(_SUBJECT_WIDTH * focal * width / max(width, height), 1.0, 40.0))
    gentle = (_GENTLE_TOP + (_GENTLE_BOTTOM - _GENTLE_TOP) * y) / middle

    # Behind a background out of focus there is no far horizon, nor in a drawing.
    sky_share = float((cues.sky * segments.area).sum())
    outdoors = float(rise(sky_share, 0.04, 0.12)) * (1 - cues.depth_of_field) * (1 - cues.drawn)
    low = _sky_bottom(cues, segments)
    # Sky down to the foot of the picture: it looks up, and shows no ground.
    grounded = outdoors * float(rise(low, 0.85, 0.7))
    horizon = float(np.clip(low, _HIGHEST_HORIZON, _LOWEST_HORIZON))
    slope = height / (focal * width * _EYE_HEIGHT)
    backdrop = max(_BACKDROP_BELOW_HORIZON * slope, 1 / _FARTHEST_BACKDROP)
    ground = np.maximum((y - horizon) * slope, backdrop)
    aloft = gentle * min(1.0, middle / _LEAST_ALOFT)
    stage = grounded * ground + (outdoors - grounded) * aloft + (1 - outdoors) * gentle
    stage = np.minimum(stage, 1 / NEAREST).astype(np.float32)

    flat_sky = (1 - grounded) * float(stage[0]) / 3
    sky = max(1 / FARTHEST, float(stage.max()) / _MOST_RATIO, flat_sky)
    return Layout(stage, min(sky, 0.8 * float(stage.min())))


def _sky_bottom(cues: Cues, segments: Segments) -> float:
    """How far down the sky goes, in heights of the picture, where it goes far."""
    open_sky = np.logical_and.accumulate(cues.sky[segments.labels] > 0.5, axis=0)
    bottoms = open_sky.mean(axis=0)
    bottoms = bottoms[bottoms > 0.02]
    return float(np.quantile(bottoms, 0.8)) if bottoms.size else 0.0
