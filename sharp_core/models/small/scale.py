"""From relative inverse depth to disparity in 1/m: what a photo tells of its scale.

The network's inverse depth r is right up to a scale and a shift: disparity = scale * (r - far).
`far` is the value of r at infinity. The sky shows it; else it follows from the ground or from how
deep such scenes usually are. The scale comes from the first of these that the photo shows: the
ground, which lies a camera's height below; people, who are about 1.7 m tall; else the usual median
depth of such a scene.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.records import ScaleSource
from sharp_core.models.small.config import GROUND, PERSON, SKY

Plane = npt.NDArray[np.float32]

CAMERA_HEIGHT_M = 1.4
PERSON_HEIGHT_M = 1.7

_SURE = 0.6  # probability from which a pixel counts as sky or ground
# Sky usually reaches the top of the picture. Elsewhere it has to be surer: plain walls and windows
# get up to 0.8.
_TOP, _TOP_SHARE = 0.04, 0.25  # of the rows, and how much of them
_SURE_SKY_INSIDE = 0.9
_SURE_PERSON = 0.9  # other upright things get up to 0.8
_SMALLEST_SKY, _SMALLEST_GROUND = 0.01, 0.04  # shares of the picture that are enough to go by
# Disparity at the far end (2nd percentile) over that at the near end, where no sky is seen: rooms
# end after a few metres. Without ground, too, the photo is a close one.
_FAR_SHARE, _FAR_SHARE_CLOSE = 0.3, 0.35
_DEEPEST = 2.0  # spans of r from the far end of a photo to infinity, at most
_USUAL_M, _USUAL_OUTDOORS_M = 1.7, 5.0  # usual median depth, without sky
_CLOSEST_M, _FARTHEST_NEAR_M = 0.25, 30.0  # no scene's near end is taken to be outside of these
_LEAST_RELIEF = 1e-3  # of the span from near to infinity, that something has to reach
_UPRIGHT = 1.8  # height over width from which a person is taken to stand


class MetricDisparity(NamedTuple):
    """Disparity of a photo."""

    disparity: Plane  # (h, w) 1/m; 0 is infinitely far
    scale_source: ScaleSource


class _Plane(NamedTuple):
    """r = x * (u, right) + y * (v, down) + at_center over the ground, u and v in focal lengths."""

    right: float
    down: float
    at_center: float


def metric_disparity(relative: Plane, classes: Plane, focal: float) -> MetricDisparity:
    """Return metric disparity for relative inverse depth (h, w) and class probabilities (4, h, w).

    `focal` is the focal length in pixels of these maps (of square pixels).
    """
    r, probability = relative, classes
    sky = _find_sky(probability[SKY])
    plane = _ground_plane(r, probability[GROUND] > _SURE, focal)
    near, far = _ends(r, sky, plane)
    above = np.clip(r - far, 0.0, near - far)  # proportional to disparity
    above[sky] = 0.0
    if above.max() < _LEAST_RELIEF * (near - far):
        above[:] = near - far  # nothing but sky: a wall, at the usual distance
    person = probability[PERSON] > _SURE_PERSON
    scale, source = _scale(above, person, plane, far, focal, bool(sky.any()))
    least, most = 1 / _FARTHEST_NEAR_M, 1 / _CLOSEST_M
    scale = float(np.clip(scale * (near - far), least, most)) / (near - far)
    return MetricDisparity(above * np.float32(scale), source)


def _find_sky(probability: Plane) -> npt.NDArray[np.bool_]:
    """Return where the sky is (h, w): nowhere, or in enough of the picture to go by."""
    sky: npt.NDArray[np.bool_] = probability > _SURE
    top = sky[: max(1, round(_TOP * len(sky)))]
    if top.mean() < _TOP_SHARE:
        sky = probability > _SURE_SKY_INSIDE
    return sky if sky.mean() > _SMALLEST_SKY else np.zeros_like(sky)


def _ends(r: Plane, sky: npt.NDArray[np.bool_], plane: _Plane | None) -> tuple[float, float]:
    """Return r at the near end of the photo, and at infinity."""
    near = float(np.percentile(r, 99.5))
    low = float(np.percentile(r[~sky] if (~sky).any() else r, 2))
    span = max(near - low, 1e-3 * max(1.0, abs(near)))  # a flat map has some depth, too
    if sky.any():
        far = min(float(np.median(r[sky])), low)
    elif plane is not None:
        # To a level camera the ground ends at its own height, infinitely far.
        level = max(plane.at_center, low - _DEEPEST * span)
        far = min(level, low - span * _FAR_SHARE / (1 - _FAR_SHARE))
    else:
        far = low - span * _FAR_SHARE_CLOSE / (1 - _FAR_SHARE_CLOSE)
    return max(near, far + span), far


def _scale(
    above: Plane,
    person: npt.NDArray[np.bool_],
    plane: _Plane | None,
    far: float,
    focal: float,
    has_sky: bool,
) -> tuple[float, ScaleSource]:
    """Return disparity in 1/m per unit of `above`."""
    if plane is not None:
        # On a plane h below the camera, with unit normal n: disparity = n . (u, v, 1) / h.
        normal = np.array((plane.right, plane.down, plane.at_center - far))
        return 1 / (CAMERA_HEIGHT_M * float(np.linalg.norm(normal))), ScaleSource.GROUND
    standing = _standing_person(person, above)
    if standing is not None:
        rows, value = standing
        return rows / (focal * PERSON_HEIGHT_M) / value, ScaleSource.PEOPLE
    usual_m = _USUAL_OUTDOORS_M if has_sky else _USUAL_M
    return 1 / (usual_m * float(np.median(above[above > 0]))), ScaleSource.DEFAULT


def _ground_plane(r: Plane, ground: npt.NDArray[np.bool_], focal: float) -> _Plane | None:
    """Fit r over the ground, robustly; None where there is too little, or it is no ground."""
    if ground.mean() < _SMALLEST_GROUND:
        return None
    rows, columns = np.nonzero(ground)
    height, width = r.shape
    u = (columns + 0.5 - width / 2) / focal
    v = (rows + 0.5 - height / 2) / focal
    terms = np.stack((u, v, np.ones_like(u)), axis=1)
    values = r[rows, columns].astype(np.float64)
    keep = np.ones(len(values), bool)
    for _ in range(3):
        solution = _least_squares(terms[keep], values[keep])
        error = np.abs((terms * solution).sum(axis=1) - values)
        keep = error <= 2.5 * np.median(error) + 1e-6
    right, down, at_center = (float(x) for x in solution)
    # Ground comes nearer towards the foot of the picture, and leans little to a side.
    if down <= 0 or abs(right) > down:
        return None
    return _Plane(right, down, at_center)


def _least_squares(
    terms: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Solve for three unknowns, without BLAS: its threads would change the last bits."""
    normal = np.array([[(a * b).sum() for a in terms.T] for b in terms.T])
    # A little ridge: ground in a single row leaves its slope open.
    normal += 1e-9 * np.trace(normal) * np.eye(3)
    return np.linalg.solve(normal, np.array([(a * values).sum() for a in terms.T]))


def _standing_person(person: npt.NDArray[np.bool_], above: Plane) -> tuple[float, float] | None:
    """Return the height in pixels of a standing person, seen from head to foot, and its `above`."""
    if person.mean() < 0.003:
        return None
    rows = np.flatnonzero(person.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    columns = person.sum(axis=1)
    width = float(np.percentile(columns[top : bottom + 1], 80))
    height = bottom + 1 - top
    cut_off = top == 0 or bottom == len(person) - 1
    if cut_off or height < _UPRIGHT * width:
        return None
    value = float(np.median(above[person]))
    return (float(height), value) if value > 0 else None
