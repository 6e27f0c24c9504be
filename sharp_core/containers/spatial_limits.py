"""The limits of a spatial photo's camera: the writer keeps them, and the check reports them.

Errors are what makes readers refuse a photo, warnings what they may mind. The angle of view and the
disparity adjustment are those of the stereo fields of Apple's ImageIO; a headset shows a wider
photo than 90 degrees bent.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sharp_core.containers.heif_camera import StereoCamera

NARROWEST_DEG, WIDEST_DEG = 10.0, 120.0  # beyond, an error: 10 degrees are a lens of 206 mm
USUALLY_BELOW_DEG = 90.0
USUAL_BASELINES_M = (0.001, 0.5)
MOST_ADJUSTMENT = 0.1  # of the width; readers take a whole width, and mind more than this

_FULL_FRAME_MM = 36.0


class CameraProblems(NamedTuple):
    """What is wrong with a camera, in words."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def camera_problems(camera: StereoCamera) -> CameraProblems:
    """Return what readers refuse, and what they may mind, about a spatial photo's camera."""
    errors, warnings = [], []
    degrees = camera.field_of_view_deg
    if not NARROWEST_DEG <= degrees <= WIDEST_DEG:
        errors.append(
            f"the angle of view is {degrees:.1f} degrees (a lens of "
            f"{_FULL_FRAME_MM * camera.focal_share:.0f} mm, 35 mm equivalent); spatial photos have "
            f"{NARROWEST_DEG:g} to {WIDEST_DEG:g}"
        )
    elif degrees >= USUALLY_BELOW_DEG:
        warnings.append(
            f"the angle of view is {degrees:.1f} degrees; headsets expect below "
            f"{USUALLY_BELOW_DEG:g}"
        )
    if abs(camera.disparity) > MOST_ADJUSTMENT:
        warnings.append(f"the disparity adjustment is {camera.disparity:.1%} of the width")
    if not USUAL_BASELINES_M[0] <= camera.baseline_m <= USUAL_BASELINES_M[1]:
        warnings.append(f"the baseline is {1000 * camera.baseline_m:.1f} mm")
    return CameraProblems(tuple(errors), tuple(warnings))


def widest_width(focal_px: float) -> int:
    """Return the largest even width in pixels of a view of less than 90 degrees."""
    slope = math.tan(math.radians(USUALLY_BELOW_DEG) / 2)
    return 2 * (math.ceil(slope * focal_px) - 1)
