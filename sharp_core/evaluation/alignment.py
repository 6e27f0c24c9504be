"""The privileged scale: one factor, from true depth, by which a predicted scene is enlarged.

As in table 7 of SHARP's paper, the factor is the median of true depth / predicted depth. Depth is
predicted by rendering the scene from the source's camera, so this works for any splat file. True
depth comes from the data set or, of stereo photos, from block matching.

Flat stereo files do not say by how much the two eyes' pictures are shifted. There the disparity is
d = f b / depth + shift, and the shift has to be fitted to the predicted depth: alone, with the
scale as predicted, or together with the scale.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.evaluation.stereo_matching import Matches
from sharp_core.evaluation.target_view import source_camera
from sharp_core.render.api import Renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import Depth

_DEPTH_SIDE = 512  # pixels: a median needs no more
_LEAST_ALPHA = 0.5
# Of a true depth map: above this share of known pixels, some of them are enough.
_SPARSE, _DENSE_SIDE = 0.1, 1024
_FEWEST = 30  # depths that the median is taken of
_ROUNDS = 30  # of reweighting
_LEAST_RESIDUAL_PX = 0.05

_Values = npt.NDArray[np.float64]


class Fit(NamedTuple):
    """How a scene has to be placed for its target."""

    scale: float = 1.0
    shift_px: float = 0.0  # of the target picture, to the right
    rise_px: float = 0.0  # of the target picture, down


def predicted_depth(renderer: Renderer, source: Camera) -> Depth:
    """Return the scene's depth from the source's camera, (h, w) in metres; NaN where it is empty.

    Its long side is at most 512 pixels.
    """
    view = renderer.render(source_camera(source, _DEPTH_SIDE))
    depth: Depth = view.depth.cpu().numpy().astype(np.float32)
    depth[view.alpha.cpu().numpy() < _LEAST_ALPHA] = np.nan
    return depth


def scale_from_depth(predicted: Depth, true: Depth) -> float | None:
    """Return the median of true / predicted depth; None if too few pixels have both.

    Both maps cover the same picture, at any resolution. True depth may be sparse.
    """
    step = 1 + max(true.shape) // _DENSE_SIDE if np.isfinite(true).mean() > _SPARSE else 1
    rows, columns = (step * index for index in np.nonzero(np.isfinite(true[::step, ::step])))
    height, width = predicted.shape
    there = predicted[rows * height // true.shape[0], columns * width // true.shape[1]]
    return _median_ratio(true[rows, columns], there)


def scale_from_matches(
    predicted: Depth, matches: Matches, source: Camera, target: Camera
) -> float | None:
    """Return the factor for parallel cameras side by side whose principal points are known."""
    constant = _disparity_metres(source, target)
    offset = source.intrinsics.cx - target.intrinsics.cx
    disparity = matches.disparity - offset
    true = np.where(disparity > 0, constant / np.where(disparity > 0, disparity, 1), np.nan)
    return _median_ratio(true, _at(predicted, matches, source.intrinsics))


def fit_shift(
    predicted: Depth, matches: Matches, source: Camera, target: Camera
) -> tuple[Fit, Fit | None]:
    """Return the shift for the scale as predicted, and the fit of both scale and shift.

    The latter is None where disparities do not fall with predicted depth. In a flat scene the shift
    makes up for any scale. Raises ValueError if too few points have a predicted depth.
    """
    depth = _at(predicted, matches, source.intrinsics)
    known = np.isfinite(depth) & (depth > 0)
    if known.sum() < _FEWEST:
        raise ValueError("the scene is empty where the two pictures match")
    constant = _disparity_metres(source, target)
    offset = source.intrinsics.cx - target.intrinsics.cx
    expected, disparity = constant / depth[known], matches.disparity[known] - offset
    plain = Fit(1.0, -float(np.median(disparity - expected)), matches.rise)
    if np.ptp(expected) < _LEAST_RESIDUAL_PX:
        return plain, plain
    slope, constant_px = _robust_line(expected, disparity)
    return plain, Fit(1 / slope, -constant_px, matches.rise) if slope > 0 else None


def _disparity_metres(source: Camera, target: Camera) -> float:
    """Return focal length in pixels times the distance between the cameras, to the right."""
    relative = target.viewmat @ np.linalg.inv(source.viewmat)
    return -float(relative[0, 3]) * source.intrinsics.fx


def _at(predicted: Depth, matches: Matches, size: Intrinsics) -> _Values:
    """Return predicted depth at the matched points."""
    height, width = predicted.shape
    rows = np.clip((matches.y / size.height * height).astype(np.intp), 0, height - 1)
    columns = np.clip((matches.x / size.width * width).astype(np.intp), 0, width - 1)
    depth: _Values = predicted[rows, columns].astype(np.float64)
    return depth


def _median_ratio(true: npt.NDArray[np.floating], predicted: _Values | Depth) -> float | None:
    known = np.isfinite(true) & (true > 0) & np.isfinite(predicted) & (predicted > 0)
    if known.sum() < _FEWEST:
        return None
    return float(np.median(true[known].astype(np.float64) / predicted[known]))


def _robust_line(x: _Values, y: _Values) -> tuple[float, float]:
    """Return slope and constant with the least sum of absolute residuals (reweighted squares)."""
    weights = np.ones_like(x)
    slope, constant = 0.0, 0.0
    for _ in range(_ROUNDS):
        mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
        spread = np.average((x - mean_x) ** 2, weights=weights)
        slope = float(np.average((x - mean_x) * (y - mean_y), weights=weights) / spread)
        constant = float(mean_y - slope * mean_x)
        weights = 1 / np.maximum(np.abs(y - slope * x - constant), _LEAST_RESIDUAL_PX)
    return slope, constant
