"""The hidden layer: the background goes on behind the things in front of it.

An eye that steps aside looks behind the edge of a thing. What it finds there is grown inwards from
the background beside that edge, depth and colour alike, so that it sees no hole and no copy of the
thing. Elsewhere the hidden layer lies close behind the visible one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor

from sharp_core.models.two_layer.crisp_disparity import HEAD_BOX_SHIFT, STEEP, TEARING_STEP
from sharp_core.models.two_layer.neighborhood import local_maximum, local_mean, local_minimum

_BEHIND = 0.99  # disparity of the hidden layer over that of the visible one, where both are one
_SHRINK = 2  # growing works on every second cell
_TINGED = 7  # cells of the shrunk grid: window in which a thing's colour tinges its background's
_SOFTENING, _SOFTENED = 4, 5  # rounds of means over what was grown; cells a side of each mean


class HiddenLayer(NamedTuple):
    """What the visible layer hides."""

    disparity: Tensor  # (G, G) relative, nowhere before the visible layer
    colors: Tensor  # (3, G, G) sRGB
    grown: Tensor  # (G, G) bool: whether it differs from what is seen


def grow_hidden(disparity: Tensor, colors: Tensor) -> HiddenLayer:
    """Return the layer behind a crisp one: relative disparity (G, G) and colours (3, G, G)."""
    cells = disparity.shape[-1]
    front = -F.max_pool2d(-disparity[None], _SHRINK)[0]  # (g, g)
    values = torch.cat((front[None], F.avg_pool2d(colors, _SHRINK)))  # (4, g, g)
    values, grown = _grow(values, front, rounds=round(HEAD_BOX_SHIFT * cells / _SHRINK) + 4)
    for _ in range(_SOFTENING):
        values = torch.where(grown, local_mean(values, _SOFTENED), values)
    full = F.interpolate(values[None], size=(cells, cells), mode="bilinear")[0]
    mask = F.interpolate(grown[None, None].float(), size=(cells, cells))[0, 0] > 0
    hidden = _without_cliffs(torch.minimum(full[0], disparity), STEEP / cells)
    return HiddenLayer(_BEHIND * hidden, torch.where(mask, full[1:], colors), mask)


def _grow(values: Tensor, front: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
    """Let what is far spread under what is in front: values (4, g, g), disparity first.

    A cell takes the mean of those neighbours that lie far enough behind its `front`, once: so each
    gap is filled from the edge next to it. Returns the values and which cells took others'.
    """
    # Beside a step the colours of the far side hold some of the near side's: they are no source,
    # and are replaced as well, by what lies as far away as they.
    tinged = local_maximum(front, _TINGED) - front > TEARING_STEP
    limit = torch.where(tinged, front + TEARING_STEP / 2, front - TEARING_STEP)
    # Nor is a source what itself stands just before something else.
    floor = _without_cliffs(front, STEEP / len(front))
    source = ~tinged & (front - floor < TEARING_STEP)
    start = local_minimum(torch.where(source, front, torch.inf), 3) < limit
    return _spread(_Frame(values, source, limit), start, rounds)


def _spread(frame: _Frame, start: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
    """Grow round by round; only cells beside those of the last two rounds can come next.

    `start` are the cells of the first round.
    """
    grown = frame.border.clone()  # never due
    due, before = frame.indices(start), torch.empty(0, dtype=torch.long)
    for step in range(rounds):
        # Four and eight neighbours in turn grow an octagon, which is nearly round.
        beside = due[:, None] + frame.offsets[: 4 if step % 2 else 8]  # (N, 4 or 8)
        usable = frame.source[beside] & (frame.values[0][beside] < frame.limit[due, None])
        count = usable.sum(dim=1)
        fresh = due[count > 0]
        beside, usable, count = beside[count > 0], usable[count > 0], count[count > 0]
        frame.values[:, fresh] = (frame.values[:, beside] * usable).sum(dim=2) / count
        frame.source[fresh] = True
        grown[fresh] = True
        beside_recent = torch.zeros_like(grown)
        beside_recent[torch.cat((before, fresh))[:, None] + frame.offsets] = True
        due, before = torch.nonzero(beside_recent & ~grown)[:, 0], fresh
    return frame.inside(frame.values), frame.inside(grown)


class _Frame:
    """Maps with a border of one cell that is never a source, as flat arrays: none leaves them."""

    def __init__(self, values: Tensor, source: Tensor, limit: Tensor) -> None:
        self._side = values.shape[-1] + 2
        self.values = F.pad(values, (1, 1, 1, 1)).flatten(1)  # (4, N)
        self.source = F.pad(source, (1, 1, 1, 1)).flatten()
        self.limit = F.pad(limit, (1, 1, 1, 1), value=-torch.inf).flatten()
        self.border = F.pad(torch.zeros_like(source), (1, 1, 1, 1), value=True).flatten()
        below = self._side
        sides = (1, -1, below, -below)
        self.offsets = torch.tensor((*sides, below + 1, below - 1, 1 - below, -1 - below))

    def indices(self, mask: Tensor) -> Tensor:
        """Return the indices of the cells in `mask` (g, g)."""
        return torch.nonzero(F.pad(mask, (1, 1, 1, 1)).flatten())[:, 0]

    def inside(self, flat: Tensor) -> Tensor:
        """Return a flat array as maps (..., g, g)."""
        return flat.view(*flat.shape[:-1], self._side, self._side)[..., 1:-1, 1:-1]


def _without_cliffs(plane: Tensor, slope: float) -> Tensor:
    """Lower (G, G) until no step exceeds `slope` a cell, so that nothing can tear."""
    ramp = slope * torch.arange(plane.shape[0], dtype=plane.dtype)
    for dim, along in ((0, ramp[:, None]), (1, ramp[None, :])):
        plane = torch.cummin(plane - along, dim).values + along
        plane = torch.cummin((plane + along).flip(dim), dim).values.flip(dim) - along
    return plane
