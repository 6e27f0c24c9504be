"""The views that a scene with fewer Gaussians has to look right from: those of the head box.

The head box is the volume of the published trajectories (`views.trajectories`), here at least 5 cm
to each side. Views of a 360° scene are the six faces of a cube.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sharp_core.scene.cameras import Camera, Intrinsics, Matrix, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.trajectories import Motion, motion_of, viewmats

ASIDE_M = 0.05  # where the loss is measured, beside the photo's eye

# Positions as fractions of the head box: right, down, forward. The eye counts twice, since people
# look from there most. Without the corners, holes open there (measured).
_HEAD_BOX = (
    (0.0, 0.0, 0.0),
    (-1.0, -1.0, 0.0),
    (1.0, 1.0, 0.0),
    (-0.5, 0.0, 0.0),
    (-0.5, 0.5, 1.0),
    (0.5, -0.5, 1.0),
    (0.0, 0.0, 0.0),
    (-1.0, 1.0, 0.0),
    (1.0, -1.0, 0.0),
    (0.5, 0.0, 0.0),
    (-0.5, -0.5, 1.0),
    (0.5, 0.5, 1.0),
)

# Turns (column vectors of right, down, forward) to the faces of a cube: ahead, right, back, left,
# up and down.
_FACES = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0, 0, -1), (0, 1, 0), (1, 0, 0)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
    ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
    ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
)


def head_box(gaussians: Gaussians, photo: Intrinsics) -> Motion:
    """Return the size of the head box. Raises ValueError if nothing lies in front of the camera."""
    motion = motion_of(gaussians, photo)
    return replace(motion, lateral_m=max(motion.lateral_m, ASIDE_M))


def head_views(box: Motion, photo: Intrinsics, long_side: int, *, is_360: bool) -> list[Camera]:
    """Return twelve views from the head box, the photo's own first; of a 360° scene, two cubes.

    They have at most `long_side` pixels on the long side.
    """
    if is_360:
        side = min(long_side, photo.width)  # the front is 90 degrees wide, as a face is
        face = Intrinsics.of_photo(side / 2, side, side)
        eyes = ((0.0, 0.0, 0.0), (box.lateral_m, box.lateral_m, 0.0))
        return [Camera(face, _turned(turn, eye)) for eye in eyes for turn in _FACES]
    size = np.array([box.lateral_m, box.lateral_m, box.forward_m])
    eyes_m = np.array(_HEAD_BOX) * size
    return cameras_at(eyes_m, box, fit_long_side(photo, long_side))


def cameras_at(eyes_m: Matrix, box: Motion, view: Intrinsics) -> list[Camera]:
    """Return cameras at `eyes_m` (V, 3), in metres, that look at the scene's focus depth."""
    return [Camera(view, viewmat) for viewmat in viewmats(eyes_m, box)]


def _turned(turn: tuple[tuple[int, ...], ...], eye: tuple[float, float, float]) -> Matrix:
    """Return the viewmat of a camera at `eye` whose axes are the rows of `turn`."""
    viewmat = np.eye(4)
    viewmat[:3, :3] = turn
    viewmat[:3, 3] = -viewmat[:3, :3] @ np.array(eye)
    return viewmat
