"""Stereo rigs: two parallel cameras side by side, with or without an off-axis shift.

Both cameras look straight ahead. Without a zero-parallax distance (parallel rig), only infinitely
far points fall on the same pixel in both images, and the whole scene appears before the screen.
With one (off-axis rig), both images are shifted sideways so that points at that distance coincide:
nearer objects appear in front of the screen, farther ones behind it. Turning the cameras inwards
instead would cause vertical parallax (A. Woods, T. Docherty, R. Koch, "Image distortions in
stereoscopic video systems", SPIE 1915, 1993).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from schemas.export_settings import EYE_DISTANCE_MM
from sharp_core.scene.cameras import Camera, Intrinsics


@dataclass(frozen=True, slots=True)
class StereoRig:
    """The distance between the cameras, and the distance that appears on the screen.

    Raises ValueError unless both distances are above zero.
    """

    baseline_mm: float = EYE_DISTANCE_MM
    zero_parallax_m: float = math.inf  # infinity: a parallel rig

    def __post_init__(self) -> None:
        if not (math.isfinite(self.baseline_mm) and self.baseline_mm > 0):
            raise ValueError(f"baseline: expected mm above zero, found {self.baseline_mm}")
        if not self.zero_parallax_m > 0:
            raise ValueError(
                f"zero-parallax distance: expected metres above zero, found {self.zero_parallax_m}"
            )


class StereoPair(NamedTuple):
    """The cameras of the two eyes."""

    left: Camera
    right: Camera


def stereo_pair(photo: Intrinsics, rig: StereoRig) -> StereoPair:
    """Return the cameras of a rig that is centred on the photo's camera."""
    half_m = rig.baseline_mm / 2000
    return StereoPair(*(view_aside(photo, x_m, rig.zero_parallax_m) for x_m in (-half_m, half_m)))


def view_aside(photo: Intrinsics, x_m: float, zero_parallax_m: float = math.inf) -> Camera:
    """Return a camera `x_m` metres to the right of the photo's camera, and parallel to it.

    Its principal point is shifted so that points at the zero-parallax distance keep their pixel.
    """
    viewmat = np.eye(4)
    viewmat[0, 3] = -x_m
    # The shift of the principal point cancels the parallax at that distance.
    return Camera(replace(photo, cx=photo.cx + photo.fx * x_m / zero_parallax_m), viewmat)
