"""Block matching of a stereo pair: sparse disparities, for depth and for the shift of flat files.

In: two pictures of the same size whose rows fit within a few pixels. Out: points of the left
picture with their disparity and their vertical offset, all in pixels of the whole picture. Blocks
with too little texture, without a clear best place, or whose match does not lead back, are left
out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from schemas.count_text import count_text
from sharp_core.scene.posed_picture import Pixels

_Plane = npt.NDArray[np.float32]
_Values = npt.NDArray[np.float64]

_WORKING_SIDE = 960  # pixels of the picture that is matched: its long side
_BLOCK = 16
_MOST_SPREAD = 0.13  # of the width, to either side of the shift that fits most of the picture
# Of width and height: how far the pictures may be shifted as a whole. Cameras store both eyes as
# they see them or shifted for display; cameras that are not quite level differ in height.
_MOST_SHIFT, _MOST_RISE = 0.3, 0.04
_COARSE_SIDE = 320  # for that shift
_SAMPLED = 4  # every so many blocks in both directions tell the vertical offset
_REFINED = 4  # working pixels around the coarse offset
_LEAST_TEXTURE = 4.0  # levels: the standard deviation of horizontal steps within a block
# The best cost is below this share of the best one elsewhere: stripes match at many places.
_CLEAR = 0.65
_LEADS_BACK = 1.0  # pixels
FEWEST_MATCHES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """N points of the left picture and where the right one shows them."""

    x: _Values  # (N,) columns in the left picture, pixel centres at halves
    y: _Values  # (N,)
    disparity: _Values  # (N,) column in the left minus column in the right picture
    rise: float  # row in the right minus row in the left picture, for all points

    def __len__(self) -> int:
        return len(self.x)


def match(left: Pixels, right: Pixels) -> Matches:
    """Match two pictures. Raises ValueError if too few blocks match."""
    one, other, zoom = _working(left, right, _WORKING_SIDE)
    shift, coarse_rise = _coarse_shift(left, right, zoom)
    rise = _rise(one, other, shift, coarse_rise)
    points = _match_rows(one, _moved_up(other, round(rise)), shift)
    if len(points) < FEWEST_MATCHES:
        raise ValueError(
            f"the two pictures show too little in common: "
            f"{count_text(len(points), 'block matches', 'blocks match')}, and {FEWEST_MATCHES} are "
            f"needed"
        )
    x, y, disparity = points.T * zoom
    return Matches(x, y, disparity, rise * zoom)


def _coarse_shift(left: Pixels, right: Pixels, zoom: float) -> tuple[int, int]:
    """Return by how many working pixels most of the right picture lies farther right and down.

    By phase correlation (C. Kuglin and D. Hines, 1975) of horizontal steps.
    """
    one, other, coarse_zoom = _working(left, right, _COARSE_SIDE)
    spectra = []
    for plane in (one, other):
        steps = np.diff(plane, axis=1)
        taper = np.outer(np.hanning(steps.shape[0]), np.hanning(steps.shape[1]))
        spectra.append(np.fft.rfft2(steps * taper))
    product = spectra[1] * spectra[0].conj()
    shape = (one.shape[0], one.shape[1] - 1)
    peaks = np.fft.irfft2(product / np.maximum(np.abs(product), 1e-9), s=shape)
    most_down, most_right = round(_MOST_RISE * shape[0]), round(_MOST_SHIFT * shape[1])
    down, across = np.arange(-most_down, most_down + 1), np.arange(-most_right, most_right + 1)
    allowed = peaks[down[:, None], across[None, :]]
    row, column = np.unravel_index(int(allowed.argmax()), allowed.shape)
    factor = coarse_zoom / zoom
    return round(float(across[column]) * factor), round(float(down[row]) * factor)


def _rise(one: _Plane, other: _Plane, shift: int, coarse: int) -> float:
    """Return how many working pixels farther down the right picture shows the same things."""
    rises = range(coarse - _REFINED, coarse + _REFINED + 1)
    costs = [_typical_cost(one, _moved_up(other, rise), shift) for rise in rises]
    best = int(np.argmin(costs))
    if not 0 < best < len(costs) - 1:
        return float(coarse)
    return rises[best] + _vertex(*costs[best - 1 : best + 2])


def _working(left: Pixels, right: Pixels, side: int) -> tuple[_Plane, _Plane, float]:
    height, width = left.shape[:2]
    zoom = max(1.0, max(height, width) / side)
    size = (max(1, round(width / zoom)), max(1, round(height / zoom)))
    one, other = (
        np.asarray(Image.fromarray(eye).convert("L").resize(size, Image.Resampling.BOX), np.float32)
        for eye in (left, right)
    )
    return one, other, width / size[0]


def _moved_up(plane: _Plane, rows: int) -> _Plane:
    """Return the plane `rows` farther up; the edge is repeated."""
    index = np.clip(np.arange(len(plane)) + rows, 0, len(plane) - 1)
    return plane[index]


def _match_rows(left: _Plane, right: _Plane, shift: int) -> _Values:
    """Return (N, 3): column and row of a block's centre, and its disparity, in working pixels."""
    found = []
    for top in range(0, left.shape[0] - _BLOCK + 1, _BLOCK):
        rows = slice(top, top + _BLOCK)
        one, other = left[rows], right[rows]
        for start in range(0, left.shape[1] - _BLOCK + 1, _BLOCK):
            if float(np.diff(one[:, start : start + _BLOCK], axis=1).std()) < _LEAST_TEXTURE:
                continue
            place = _place(one[:, start : start + _BLOCK], other, start + shift)
            if place is None:
                continue
            there = round(place)
            back = _place(other[:, there : there + _BLOCK], one, there - shift)
            if back is not None and abs(back - start - (place - there)) <= _LEADS_BACK:
                found.append((start + _BLOCK / 2, top + _BLOCK / 2, start - place))
    return np.array(found, np.float64).reshape(-1, 3)


def _typical_cost(left: _Plane, right: _Plane, shift: int) -> float:
    """Return the median of the lowest costs of some blocks with texture."""
    costs = []
    step = _SAMPLED * _BLOCK
    for top in range(0, left.shape[0] - _BLOCK + 1, step):
        rows = slice(top, top + _BLOCK)
        for start in range(0, left.shape[1] - _BLOCK + 1, step):
            block = left[rows, start : start + _BLOCK]
            if float(np.diff(block, axis=1).std()) >= _LEAST_TEXTURE:
                found, _ = _costs(block, right[rows], start + shift)
                costs += [float(found.min())] if len(found) else []
    return float(np.median(costs)) if costs else 0.0


def _place(block: _Plane, strip: _Plane, near: int) -> float | None:
    """Return the column at which a strip shows a block, to parts of a pixel, if that is clear."""
    costs, first = _costs(block, strip, near)
    best = int(costs.argmin()) if len(costs) else 0
    if not 0 < best < len(costs) - 1:
        return None
    elsewhere = np.concatenate((costs[: max(0, best - 2)], costs[best + 3 :]))
    if len(elsewhere) and costs[best] > _CLEAR * elsewhere.min():
        return None
    return first + best + _vertex(*(float(cost) for cost in costs[best - 1 : best + 2]))


def _costs(block: _Plane, strip: _Plane, near: int) -> tuple[_Plane, int]:
    """Return the mean difference at each column of a strip within reach, and the first of them."""
    width = strip.shape[1]
    reach = round(_MOST_SPREAD * width)
    first, last = max(0, near - reach), min(width, near + reach + _BLOCK)
    if last - first < _BLOCK:
        return np.empty(0, np.float32), first
    windows = np.lib.stride_tricks.sliding_window_view(strip[:, first:last], _BLOCK, axis=1)
    costs: _Plane = np.abs(windows - block[:, None, :]).mean(axis=(0, 2))
    return costs, first


def _vertex(before: float, best: float, after: float) -> float:
    """Return where the lowest point lies between three equidistant costs: -0.5 to 0.5."""
    bend = max(before, after) - best  # of two straight lines: absolute differences have a corner
    return (before - after) / (2 * bend) if bend > 0 else 0.0
