"""A scene at a third of its resolution, small enough to travel to where its quality is measured.

In: `Gaussians`, with their colours linear. Out: half floats, without torch from then on. Scenes of
the models are two layers on a square grid: of each 3 x 3 cells one Gaussian stays, the middle one,
three times as large and with the mean colour of those that are as far away. Other scenes stay as
they are. A coarse scene of 1,179,648 Gaussians takes 3.7 MB.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sharp_core.render.cpu.arrays import GaussianArrays
from sharp_core.scene.conventions import COLUMNS

if TYPE_CHECKING:
    from torch import Tensor

    from sharp_core.scene.gaussians import Gaussians

CoarseScene = npt.NDArray[np.float16]  # (N, 14), the columns of `Gaussians.to_array`

_STEP = 3
_LAYERS = 2
_SAME_DEPTH = 0.05  # relative difference up to which colours are averaged


def coarse_scene(gaussians: Gaussians) -> CoarseScene:
    """Return the scene at a third of its resolution. Works on the device of the Gaussians."""
    import torch

    columns = (gaussians.means, gaussians.quats, gaussians.scales)
    parts = [*columns, gaussians.opacities[:, None], gaussians.colors]
    cells = math.isqrt(len(gaussians) // _LAYERS)
    kept = cells // _STEP
    if _LAYERS * cells * cells == len(gaussians) and kept > 0:
        middle = [_middle(part, cells) for part in parts]
        middle[2] = middle[2] * _STEP
        middle[4] = _mean_color(gaussians, cells)
        parts = middle
    return torch.cat(parts, dim=1).half().cpu().numpy()


def coarse_bytes(gaussians: int) -> int:
    """Return what the coarse scene of a scene of so many Gaussians usually takes."""
    return gaussians // _STEP**2 * COLUMNS * np.dtype(np.float16).itemsize


def arrays_of(scene: CoarseScene) -> GaussianArrays:
    """Return the columns of a coarse scene as single floats."""
    means, quats, scales, opacities, colors = np.split(
        scene.astype(np.float32), (3, 7, 10, 11), axis=1
    )
    # What is smaller than a half float can say would have no extent.
    return GaussianArrays(means, quats, np.maximum(scales, 1e-7), opacities[:, 0], colors)


def _blocks(part: Tensor, cells: int) -> Tensor:
    """Return (layers, kept, 3, kept, 3, columns); cells that fill no block are left out."""
    kept = cells // _STEP
    grid = part.reshape(_LAYERS, cells, cells, -1)[:, : kept * _STEP, : kept * _STEP]
    return grid.reshape(_LAYERS, kept, _STEP, kept, _STEP, -1)


def _middle(part: Tensor, cells: int) -> Tensor:
    return _blocks(part, cells)[:, :, _STEP // 2, :, _STEP // 2].flatten(0, 2)


def _mean_color(gaussians: Gaussians, cells: int) -> Tensor:
    depth = _blocks(gaussians.means[:, 2:], cells)
    middle = depth[:, :, _STEP // 2, None, :, _STEP // 2, None]
    weight = (depth - middle).abs() < _SAME_DEPTH * middle.abs()
    total = (_blocks(gaussians.colors, cells) * weight).sum(dim=(2, 4))
    count = weight.sum(dim=(2, 4)).clamp_min(1)
    return (total / count).flatten(0, 2)
