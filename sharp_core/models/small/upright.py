"""What stands upright in front of its background - poles, people - is as near above as at its foot.

The network mixes narrow things with what is behind them: more so in front of the sky than in front
of the ground. They then lean back the higher they go, and bend as the camera moves.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.models.two_layer.crisp_disparity import STEEP, TEARING_STEP, steps_for_ramps

_Array = npt.NDArray[np.float32]

# Disparity is relative here: the nearest is 1. Widths up to which things count as narrow, in longer
# sides of the picture, and by how much disparity may fall over a whole height: the narrower a
# thing is, the less its own depth is trusted.
_WIDTHS = ((0.2, 0.4), (0.06, 0.05))
_JOINT = 1.5  # the same where a narrow thing joins a broad one: no gap opens between them
_ROUNDS = 4  # of sweeps, along columns and rows in turn: enough to go round bends


def stand_upright(disparity: Tensor) -> Tensor:
    """Return disparity (h, w), in any unit, in which narrow upright things do not lean back.

    Each is brought as near as its nearest part, mostly its foot.
    """
    nearest = disparity.max()
    if nearest <= 0:  # all is infinitely far, and nothing stands in front of it
        return disparity
    per_pixel = STEEP / max(disparity.shape)
    plane = steps_for_ramps(disparity / nearest, 2 * per_pixel)
    fall = _fall(plane)
    narrow = fall < torch.inf
    if not narrow.any():
        return disparity
    joint = torch.where(narrow, _JOINT / len(plane), torch.inf)
    # Upwards from the near, and downwards from what is not narrow, which is a limit: both at once.
    values = torch.stack((plane, torch.where(narrow, -torch.inf, -plane)), dim=1)
    falls = torch.stack((fall, joint), dim=1)
    raised = torch.from_numpy(_raised(values.numpy(), plane.numpy(), falls.numpy(), per_pixel))
    upright = torch.maximum(plane, torch.minimum(raised[:, 0], -raised[:, 1]))
    return torch.where(narrow, upright * nearest, disparity)


def _fall(plane: Tensor) -> Tensor:
    """Return by how much (h, w) may fall to a neighbour: without limit if it is not narrow."""
    fall = torch.full_like(plane, torch.inf)
    for share, over_height in _WIDTHS:
        size = round(share * max(plane.shape)) | 1
        fall[plane - _opened(plane, size) > TEARING_STEP] = over_height / len(plane)
    return fall


def _raised(values: _Array, plane: _Array, fall: _Array, step: float) -> _Array:
    """Return `values` (h, N, w), raised until they fall by at most `fall` to each neighbour.

    They count only between neighbours whose `plane` (h, w) differs by less than `step`.
    """
    for _ in range(_ROUNDS):
        values = _swept(values, plane, fall, step)
        values = _swept(values[::-1], plane[::-1], fall[::-1], step)[::-1]
        values, plane, fall = values.transpose(2, 1, 0), plane.T, fall.transpose(2, 1, 0)
    return np.ascontiguousarray(values)


def _swept(values: _Array, plane: _Array, fall: _Array, step: float) -> _Array:
    """Raise each row by the three neighbours in the row before it, from the first to the last."""
    values = values.copy()
    width = plane.shape[1]
    beside = np.pad(plane[:-1], ((0, 0), (1, 1)), mode="edge")
    windows = [slice(x, x + width) for x in range(3)]
    costs = []
    for window in windows:
        apart = np.abs(plane[1:] - beside[:, window]) >= step
        costs.append(np.where(apart[:, None], np.float32(np.inf), fall[1:]))
    before = np.full((values.shape[1], width + 2), -np.inf, np.float32)
    for row in np.flatnonzero(np.isfinite(fall[1:]).any(axis=(1, 2))) + 1:
        before[:, 1:-1] = values[row - 1]
        for window, cost in zip(windows, costs, strict=True):
            np.maximum(values[row], before[:, window] - cost[row - 1], out=values[row])
    return values


def _opened(plane: Tensor, size: int) -> Tensor:
    """Return the opening of (h, w) along x: without what is narrower than `size` pixels."""
    low = -F.max_pool1d(-plane, size, stride=1, padding=size // 2)
    return F.max_pool1d(low, size, stride=1, padding=size // 2)
