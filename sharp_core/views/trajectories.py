"""Camera paths: the four trajectories of the published SHARP tool, open or as loops.

In: a trajectory, amplitudes in metres and a number of frames. Out: camera positions in metres.
The published (open) trajectories include both ends of their time, so the last frame of a full turn
repeats the first. In a loop the first frame follows the last: no frame is repeated, and `swipe`,
which ends on the far side, swings back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from schemas.choices import Trajectory
from sharp_core.scene.cameras import Intrinsics, Matrix, eye_viewmat, target_depth

if TYPE_CHECKING:  # camera paths need no torch
    from sharp_core.scene.gaussians import Gaussians

EyePath = npt.NDArray[np.float64]  # (F, 3) camera positions in metres

# Amplitudes of the published tool, as shares of the scene's near depth. The lateral one is for an
# image whose diagonal equals its focal length.
LATERAL_SHARE = 0.08
FORWARD_SHARE = 0.15
NEAR_QUANTILE = 0.001


@dataclass(frozen=True, slots=True)
class Motion:
    """Amplitudes of a camera path and the depth that it looks at, in metres."""

    lateral_m: float
    forward_m: float
    target_m: float  # depth on the photo's optical axis; this point stays in the image centre

    def scaled(self, share: float) -> Motion:
        """Return the motion with its amplitudes multiplied by `share`."""
        return replace(self, lateral_m=self.lateral_m * share, forward_m=self.forward_m * share)


def motion_of(gaussians: Gaussians, photo: Intrinsics) -> Motion:
    """Return the motion of the published tool. Its amplitudes are shares of the near depth.

    So the nearest objects shift by the same share of the image in every scene. Raises ValueError if
    nothing lies in front of the camera.
    """
    from sharp_core.scene.gaussians import depth_quantiles

    (near,) = depth_quantiles(gaussians, (NEAR_QUANTILE,))
    return motion_for_depths(near, target_depth(gaussians), photo)


def motion_for_depths(near_m: float, target_m: float, photo: Intrinsics) -> Motion:
    """Return the motion of the published tool for a scene's near depth and focus depth."""
    diagonal = math.hypot(photo.width / photo.fx, photo.height / photo.fy)
    return Motion(LATERAL_SHARE * diagonal * near_m, FORWARD_SHARE * near_m, target_m)


def open_path(trajectory: Trajectory, motion: Motion, steps: int = 60, repeats: int = 1) -> EyePath:
    """Return the positions of a published trajectory, (steps * repeats, 3), both ends included.

    Raises ValueError unless there is at least one step and one repeat.
    """
    if min(steps, repeats) < 1:
        raise ValueError(f"a trajectory of {steps} steps and {repeats} repeats has no frames")
    count = steps * repeats
    if trajectory is Trajectory.SWIPE:
        x = np.tile(np.linspace(-motion.lateral_m, motion.lateral_m, steps), repeats)
        return _positions(x=x)
    if trajectory is Trajectory.SHAKE:
        halves = (count // 2, count - count // 2)
        return _shake(motion, *(np.linspace(0, repeats, half) for half in halves))
    return _around(trajectory, motion, np.linspace(0, repeats, count))


def loop_path(trajectory: Trajectory, motion: Motion, frames: int) -> EyePath:
    """Return the positions (frames, 3) of a clip that loops without a jump.

    Raises ValueError unless there is at least one frame.
    """
    if frames < 1:
        raise ValueError(f"a clip of {frames} frames shows nothing")
    if trajectory is Trajectory.SWIPE:
        return _positions(x=-motion.lateral_m * np.cos(2 * np.pi * _loop_time(frames)))
    if trajectory is Trajectory.SHAKE:
        half = frames // 2
        return _shake(motion, _loop_time(half), _loop_time(frames - half))
    return _around(trajectory, motion, _loop_time(frames))


def viewmats(path: EyePath, motion: Motion) -> list[Matrix]:
    """Return the viewmats of cameras along `path` that look at the motion's target."""
    return [eye_viewmat((x, y, z), motion.target_m) for x, y, z in path.tolist()]


def _loop_time(frames: int) -> npt.NDArray[np.float64]:
    return np.arange(frames) / max(frames, 1)


def _around(trajectory: Trajectory, motion: Motion, time: npt.NDArray[np.float64]) -> EyePath:
    sine, cosine = np.sin(2 * np.pi * time), np.cos(2 * np.pi * time)
    if trajectory is Trajectory.ROTATE:
        return _positions(x=motion.lateral_m * sine, y=motion.lateral_m * cosine)
    return _positions(x=motion.lateral_m * sine, z=motion.forward_m * (1 - cosine) / 2)


def _shake(
    motion: Motion, sideways: npt.NDArray[np.float64], upright: npt.NDArray[np.float64]
) -> EyePath:
    first = _positions(x=motion.lateral_m * np.sin(2 * np.pi * sideways))
    return np.concatenate([first, _positions(y=motion.lateral_m * np.sin(2 * np.pi * upright))])


def _positions(**axes: npt.NDArray[np.float64]) -> EyePath:
    """Return positions that move along the named axes, and stay at 0 on the others."""
    count = len(next(iter(axes.values())))
    return np.stack([axes.get(axis, np.zeros(count)) for axis in "xyz"], axis=1)
