"""From a soft disparity map to a crisp one on the Gaussians' grid: steps where objects end.

A ramp between an object and its background would stretch like rubber when the camera moves, so
every cell is assigned to one side. Disparity here is relative (nearest depth / depth), and a slope
is relative disparity per width of the picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.models.two_layer.color_edges import snap_to_colors
from sharp_core.models.two_layer.neighborhood import (
    despeckled,
    local_maximum,
    local_minimum,
    without_islands,
)
from sharp_core.scene.colors import srgb_to_lab

# Previews move the camera by 0.08 of the picture's diagonal at the nearest depth (rotations by as
# much up and down): a relative disparity of 1 moves by about a tenth of the picture's sides.
HEAD_BOX_SHIFT = 0.1
# A steeper slope is an edge: there, neighbouring cells would move apart by one and a half cells.
STEEP = 1.5 / HEAD_BOX_SHIFT

_COLOR_TOLERANCE = 7.0  # CIE L*a*b* units
_NEIGHBORHOOD = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if abs(dy * dx) < 4]
_ROUNDS, _SMOOTHING_ROUNDS = 3, 4
# Outlines of `coarse` are wrong by up to so many of its pixels, and are moved by at most so many
# cells, where disparity changes by at least a step that opens a gap too wide for its rims to cover.
_DOUBT_PIXELS, _MAX_DOUBT_CELLS = 4.5, 12
TEARING_STEP = 0.06
# Bits in front of what is around them that are shorter are no things, and bits behind it no holes.
_SHORTEST_THING, _SHORTEST_HOLE = 16, 8  # cells
# Mixed pixels go to the near side, for this many cells: left behind, they would show as a ghost of
# its outline. Enlarged photos have wider edges.
_MIXED_CELLS, _MAX_MIXED_CELLS = 2, 5


def crisp_disparity(coarse: Tensor, coarse_rgb: Tensor, rgb: Tensor, enlarged: float) -> Tensor:
    """Resample relative disparity (h, w) to the grid (G, G), with a step at every edge.

    `coarse_rgb` (3, h, w) and `rgb` (3, G, G) are sRGB pictures of the two; `enlarged` is the
    number of cells per pixel of the photo.
    """
    pixel, cell = 1 / max(coarse.shape), 1 / rgb.shape[-1]
    coarse = steps_for_ramps(coarse, 2 * STEEP * pixel)
    disparity = _upsample(coarse, coarse_rgb, rgb, 4 * STEEP * pixel)
    disparity = steps_for_ramps(despeckled(disparity), 2 * STEEP * cell)
    doubt = min(round(_DOUBT_PIXELS * pixel / cell), _MAX_DOUBT_CELLS)
    disparity = despeckled(snap_to_colors(disparity, rgb, TEARING_STEP, doubt))
    disparity = without_islands(disparity, _SHORTEST_THING)
    disparity = -without_islands(-disparity, _SHORTEST_HOLE)
    for _ in range(min(round(_MIXED_CELLS * max(1.0, enlarged)), _MAX_MIXED_CELLS)):
        near = local_maximum(disparity, 3)
        disparity = torch.where(near - disparity > 2 * STEEP * cell, near, disparity)
    return _smooth_between_steps(disparity, 2 * STEEP * cell)


def _upsample(coarse: Tensor, coarse_rgb: Tensor, rgb: Tensor, threshold: float) -> Tensor:
    """Resample (h, w) to (G, G): smoothly, but where coarse values span more than `threshold`.

    There, each cell takes a side, by joint bilateral upsampling (Kopf et al. 2007): it gets the
    mean of either the near or the far values around it, whichever look more like it.
    """
    cells = rgb.shape[-1]
    smooth = F.interpolate(coarse[None, None], (cells, cells), mode="bilinear")[0, 0]
    high, low = local_maximum(coarse, 5), local_minimum(coarse, 5)
    split = F.interpolate((high - low > threshold)[None, None].float(), (cells, cells))[0, 0]
    row, column = torch.nonzero(split, as_tuple=True)  # of N cells
    y = (row + 0.5) * (coarse.shape[0] / cells) - 0.5
    x = (column + 0.5) * (coarse.shape[1] / cells) - 0.5
    home_y, home_x = y.round().long(), x.round().long()
    middle = ((low + high) / 2)[home_y, home_x]
    own = srgb_to_lab(rgb[:, row, column][..., None])[..., 0]  # (3, N)
    planes = torch.cat((coarse[None], srgb_to_lab(coarse_rgb)))
    near_sum, near_weight, far_sum, far_weight = torch.zeros(4, len(row))
    for dy, dx in _NEIGHBORHOOD:
        at_y = (home_y + dy).clamp_(0, coarse.shape[0] - 1)
        at_x = (home_x + dx).clamp_(0, coarse.shape[1] - 1)
        closeness = torch.exp(((at_y - y).square() + (at_x - x).square()) / -3.0)
        found = planes[:, at_y, at_x]  # (4, N)
        difference = (found[1:] - own).square().sum(dim=0)
        weight = (torch.exp(difference / (-2 * _COLOR_TOLERANCE**2)) + 1e-5) * closeness
        near = weight * (found[0] > middle)
        near_sum += near * found[0]
        near_weight += near
        far_sum += (weight - near) * found[0]
        far_weight += weight - near
    chosen = torch.where(near_weight > far_weight, near_sum / near_weight, far_sum / far_weight)
    smooth[row, column] = chosen
    return smooth


def steps_for_ramps(disparity: Tensor, threshold: float) -> Tensor:
    """Move each cell of (H, W) to the nearer end of its neighbours' span, where that is large."""
    for _ in range(_ROUNDS):
        high, low = local_maximum(disparity, 3), local_minimum(disparity, 3)
        end = torch.where(disparity - low < high - disparity, low, high)
        disparity = torch.where(high - low > threshold, end, disparity)
    return disparity


def _smooth_between_steps(disparity: Tensor, threshold: float) -> Tensor:
    """Average each cell of (H, W) with its neighbours along x and y on its side of any step.

    The small steps that are left become slopes, which widened Gaussians cover.
    """
    for _ in range(_SMOOTHING_ROUNDS):
        for dim in (0, 1):
            rest = disparity.shape[dim] - 1
            step = disparity.diff(dim=dim)  # from each cell to the one after it
            joined = (step.abs() < threshold).float()
            step *= joined
            total, count = torch.zeros_like(disparity), torch.ones_like(disparity)
            for start, sign in ((0, 1), (1, -1)):
                total.narrow(dim, start, rest).add_(step, alpha=sign)
                count.narrow(dim, start, rest).add_(joined)
            disparity = disparity + total / count
    return disparity
