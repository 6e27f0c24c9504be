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
Mask = npt.NDArray[np.bool_]

# Above the ground. Under the sky people stand; what they photograph without sky - rooms, things,
# children, animals - they sit or bend down to.
CAMERA_HEIGHT_OUTDOORS_M, CAMERA_HEIGHT_NO_SKY_M = 1.4, 1.0
PERSON_HEIGHT_M = 1.7

_SURE = 0.6  # probability from which a pixel counts as sky or ground
# Sky usually reaches the top of the picture. Elsewhere it has to be surer: plain walls and windows
# get up to 0.8.
_TOP, _TOP_SHARE = 0.04, 0.25  # of the rows, and how much of them
_SURE_SKY_INSIDE = 0.9
_SURE_PERSON = 0.7  # animals and toys get more in parts, which have not the shape of who stands
_SMALLEST_SKY, _SMALLEST_GROUND = 0.01, 0.04  # shares of the picture that are enough to go by
# Disparity at the far end (2nd percentile) over that at the near end, where no sky is seen: rooms
# end after a few metres. Where nobody is seen and no ground leads from near to far, a photo shows a
# wall and what stands before it.
_FAR_SHARE, _FAR_SHARE_WALL = 0.3, 0.55
# The span of r is that from the far end of a photo to its near end.
_DEEPEST = 2.0  # spans from the far end to infinity, at most
_LEVEL = 0.1  # spans beyond the far end from which the ground shows that the camera is level
_USUAL_M, _USUAL_OUTDOORS_M = 2.5, 5.0  # usual median depth: without sky, and with it
_USUAL_PEOPLE_M = 1.3  # without sky, where people fill much of the picture
_PROBABLE_PERSON, _SMALLEST_GROUP = 0.5, 0.05  # from which they do: probability, share
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


class _Shown(NamedTuple):
    """What a photo shows that tells of its scale."""

    sky: Mask
    plane: _Plane | None  # of the ground
    person: Mask  # surely
    with_people: bool  # whether they fill much of the picture


def metric_disparity(relative: Plane, classes: Plane, focal: float) -> MetricDisparity:
    """Return metric disparity for relative inverse depth (h, w) and class probabilities (4, h, w).

    `focal` is the focal length in pixels of these maps (of square pixels).
    """
    r, probability = relative, classes
    shown = _Shown(
        sky=_find_sky(probability[SKY]),
        plane=_ground_plane(r, probability[GROUND] > _SURE, focal),
        person=probability[PERSON] > _SURE_PERSON,
        with_people=bool((probability[PERSON] > _PROBABLE_PERSON).mean() > _SMALLEST_GROUP),
    )
    near, far = _ends(r, shown)
    above = np.clip(r - far, 0.0, near - far)  # proportional to disparity
    above[shown.sky] = 0.0
    if above.max() < _LEAST_RELIEF * (near - far):
        above[:] = near - far  # nothing but sky: a wall, at the usual distance
    scale, source = _scale(above, shown, far, focal)
    least, most = 1 / _FARTHEST_NEAR_M, 1 / _CLOSEST_M
    scale = float(np.clip(scale * (near - far), least, most)) / (near - far)
    return MetricDisparity(above * np.float32(scale), source)


def _find_sky(probability: Plane) -> Mask:
    """Return where the sky is (h, w): nowhere, or in enough of the picture to go by."""
    sky: Mask = probability > _SURE
    top = sky[: max(1, round(_TOP * len(sky)))]
    if top.mean() < _TOP_SHARE:
        sky = probability > _SURE_SKY_INSIDE
    return sky if sky.mean() > _SMALLEST_SKY else np.zeros_like(sky)


def _ends(r: Plane, shown: _Shown) -> tuple[float, float]:
    """Return r at the near end of the photo, and at infinity."""
    sky, plane = shown.sky, shown.plane
    near = float(np.percentile(r, 99.5))
    low = float(np.percentile(r[~sky] if (~sky).any() else r, 2))
    span = max(near - low, 1e-3 * max(1.0, abs(near)))  # a flat map has some depth, too
    if sky.any():
        far = min(float(np.median(r[sky])), low)
    elif plane is not None and plane.at_center < low - _LEVEL * span:
        # To a level camera the ground ends at its own height, infinitely far.
        far = max(plane.at_center, low - _DEEPEST * span)
    else:
        share = _FAR_SHARE if plane is not None or shown.with_people else _FAR_SHARE_WALL
        far = low - span * share / (1 - share)
    return max(near, far + span), far


def _scale(above: Plane, shown: _Shown, far: float, focal: float) -> tuple[float, ScaleSource]:
    """Return disparity in 1/m per unit of `above`."""
    plane = shown.plane
    if plane is not None:
        # On a plane h below the camera, with unit normal n: disparity = n . (u, v, 1) / h.
        normal = np.array((plane.right, plane.down, plane.at_center - far))
        height_m = CAMERA_HEIGHT_OUTDOORS_M if shown.sky.any() else CAMERA_HEIGHT_NO_SKY_M
        return 1 / (height_m * float(np.linalg.norm(normal))), ScaleSource.GROUND
    standing = _standing_person(shown.person, above)
    if standing is not None:
        rows, value = standing
        return rows / (focal * PERSON_HEIGHT_M) / value, ScaleSource.PEOPLE
    return 1 / (_usual_m(shown) * float(np.median(above[above > 0]))), ScaleSource.DEFAULT


def _usual_m(shown: _Shown) -> float:
    """Return the usual median depth of such a photo in metres."""
    if shown.sky.any():
        return _USUAL_OUTDOORS_M
    return _USUAL_PEOPLE_M if shown.with_people else _USUAL_M


def _ground_plane(r: Plane, ground: Mask, focal: float) -> _Plane | None:
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


def _standing_person(person: Mask, above: Plane) -> tuple[float, float] | None:
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
