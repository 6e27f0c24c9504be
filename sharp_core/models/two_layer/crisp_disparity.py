"""From a soft disparity map to a crisp one on the Gaussians' grid: steps where objects end.

A ramp between an object and its background would stretch like rubber when the camera moves, so
every cell is assigned to one side. Disparity here is relative (nearest depth / depth), and a slope
is relative disparity per width of the picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

# Previews move the camera by 0.08 of the picture's diagonal at the nearest depth (rotations by as
# much up and down): a relative disparity of 1 moves by about a tenth of the picture's sides.
HEAD_BOX_SHIFT = 0.1
# A steeper slope is an edge: there, neighbouring cells would move apart by one and a half cells.
STEEP = 1.5 / HEAD_BOX_SHIFT

_COLOR_TOLERANCE = 7.0  # CIE L*a*b* units
_NEIGHBORHOOD = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if abs(dy * dx) < 4]
_ROUNDS, _SMOOTHING_ROUNDS = 3, 4
# Mixed pixels go to the near side, for this many cells: left behind, they would show as a ghost of
# its outline. Enlarged photos have wider edges.
_MIXED_CELLS, _MAX_MIXED_CELLS = 3, 6


def crisp_disparity(coarse: Tensor, coarse_lab: Tensor, lab: Tensor, enlarged: float) -> Tensor:
    """Resample relative disparity (h, w) to the grid (G, G), with a step at every edge.

    `coarse_lab` (3, h, w) and `lab` (3, G, G) are L*a*b* pictures of the two; `enlarged` is the
    number of cells per pixel of the photo.
    """
    pixel, cell = 1 / max(coarse.shape), 1 / lab.shape[-1]
    coarse = _steps_for_ramps(coarse, 2 * STEEP * pixel)
    disparity = _upsample(coarse, coarse_lab, lab, 4 * STEEP * pixel)
    disparity = _steps_for_ramps(_despeckle(disparity), 2 * STEEP * cell)
    for _ in range(min(round(_MIXED_CELLS * max(1.0, enlarged)), _MAX_MIXED_CELLS)):
        near = local_maximum(disparity, 3)
        disparity = torch.where(near - disparity > 2 * STEEP * cell, near, disparity)
    return _smooth_between_steps(disparity, 2 * STEEP * cell)


def local_maximum(plane: Tensor, size: int) -> Tensor:
    """Return the maximum of the `size` x `size` cells around each cell of (H, W)."""
    return F.max_pool2d(plane[None], size, stride=1, padding=size // 2)[0]


def local_minimum(plane: Tensor, size: int) -> Tensor:
    """Return the minimum of the `size` x `size` cells around each cell of (H, W)."""
    return -local_maximum(-plane, size)


def _upsample(coarse: Tensor, coarse_lab: Tensor, lab: Tensor, threshold: float) -> Tensor:
    """Joint bilateral upsampling (Kopf et al. 2007) that takes sides: (h, w) to (G, G).

    Where the coarse values around a cell span more than `threshold`, the cell gets the mean of
    either the near or the far ones, whichever look more like it, and never a value in between.
    """
    height, width = coarse.shape
    cells = lab.shape[-1]
    y = (torch.arange(cells) + 0.5) * (height / cells) - 0.5
    x = (torch.arange(cells) + 0.5) * (width / cells) - 0.5
    home_y, home_x = y.round().clamp(0, height - 1), x.round().clamp(0, width - 1)
    high, low = local_maximum(coarse, 5), local_minimum(coarse, 5)
    middle = ((low + high) / 2)[home_y.long()][:, home_x.long()]
    split = (high - low > threshold)[home_y.long()][:, home_x.long()]
    planes = torch.cat((coarse[None], coarse_lab))
    near_sum, near_weight, far_sum, far_weight = torch.zeros(4, cells, cells)
    for dy, dx in _NEIGHBORHOOD:
        row, column = (home_y + dy).clamp(0, height - 1), (home_x + dx).clamp(0, width - 1)
        closeness = torch.exp(-((row - y) ** 2)[:, None] / 3.0 - ((column - x) ** 2) / 3.0)
        found = planes[:, row.long()][:, :, column.long()]  # (4, G, G)
        difference = (found[1:] - lab).square().sum(dim=0)
        weight = (torch.exp(difference / (-2 * _COLOR_TOLERANCE**2)) + 1e-5) * closeness
        near = weight * (found[0] > middle)
        near_sum += near * found[0]
        near_weight += near
        far_sum += (weight - near) * found[0]
        far_weight += weight - near
    mean = (near_sum + far_sum) / (near_weight + far_weight)
    near_mean, far_mean = near_sum / near_weight, far_sum / far_weight
    return torch.where(split, torch.where(near_weight > far_weight, near_mean, far_mean), mean)


def _steps_for_ramps(disparity: Tensor, threshold: float) -> Tensor:
    """Move each cell of (H, W) to the nearer end of its neighbours' span, where that is large."""
    for _ in range(_ROUNDS):
        high, low = local_maximum(disparity, 3), local_minimum(disparity, 3)
        end = torch.where(disparity - low < high - disparity, low, high)
        disparity = torch.where(high - low > threshold, end, disparity)
    return disparity


def _smooth_between_steps(disparity: Tensor, threshold: float) -> Tensor:
    """Average each cell of (H, W) with those of its 3 x 3 neighbours on its side of any step.

    The small steps that are left become slopes, which widened Gaussians cover.
    """
    height, width = disparity.shape
    for _ in range(_SMOOTHING_ROUNDS):
        padded = F.pad(disparity[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
        total, count = torch.zeros(2, height, width)
        for dy in range(3):
            for dx in range(3):
                neighbor = padded[dy : dy + height, dx : dx + width]
                same = ((neighbor - disparity).abs() < threshold).float()
                total += same * neighbor
                count += same
        disparity = total / count
    return disparity


def _despeckle(plane: Tensor) -> Tensor:
    """Return the median of the 3 x 3 cells around each cell of (H, W)."""
    padded = F.pad(plane[None, None], (1, 1, 1, 1), mode="replicate")
    return F.unfold(padded, 3)[0].median(dim=0).values.view_as(plane)
