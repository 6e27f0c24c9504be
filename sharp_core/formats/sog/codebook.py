"""Codebooks: multiples of steps of several sizes -> bytes, and the value of each byte.

Every step size gets its own run of bytes without gaps. A common run in units of the finest step
would leave gaps for coarser ones: WebP predicts a pixel by averages of its neighbours, which would
fall into the gaps and cost up to a bit a value. Readers look values up in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sharp_core.formats.sog.planes import CODEBOOK_SIZE, LAST_CODE


class Part(NamedTuple):
    """A rectangle of codes that count steps of one size."""

    channels: slice
    rows: slice  # of splats
    multiple: int  # the step, in units

    def of(self, codes: Tensor) -> Tensor:
        """Return the part of codes (C, N)."""
        return codes[self.channels, self.rows]


class Codebook(NamedTuple):
    """Bytes and what they stand for."""

    codes: Tensor  # (C, N) uint8
    units: npt.NDArray[np.int64]  # (256,) the value of each byte, in units


def multiple_of(step: float, unit: float) -> int:
    """Return the size of a step in whole units, 1 at least."""
    return max(1, round(step / unit))


def to_codebook(steps: Tensor, parts: Sequence[Part]) -> Codebook:
    """Return bytes for numbers of steps (C, N), which `parts` cover.

    If the runs of all step sizes need more than 256 bytes, they share one in units. If that is too
    short, the lowest values are clamped: they are the smallest scales.
    """
    bounds = [torch.aminmax(part.of(steps)) for part in parts]
    lows, highs = ([int(bound) for bound in side] for side in zip(*bounds, strict=True))
    runs: dict[int, tuple[int, int]] = {}  # of steps, by their size
    for part, low, high in zip(parts, lows, highs, strict=True):
        others = runs.get(part.multiple, (low, high))
        runs[part.multiple] = min(low, others[0]), max(high, others[1])
    if sum(high - low + 1 for low, high in runs.values()) > CODEBOOK_SIZE:
        return _in_units(steps, parts, runs)
    units = np.zeros(CODEBOOK_SIZE, np.int64)
    first, offsets = 0, {}
    for multiple, (low, high) in sorted(runs.items()):
        offsets[multiple] = first - low
        # The rest of the codebook continues the last run.
        units[first:] = (np.arange(CODEBOOK_SIZE - first) + low) * multiple
        first += high - low + 1
    codes = torch.empty_like(steps, dtype=torch.uint8)
    for part in parts:
        codes[part.channels, part.rows] = part.of(steps) + offsets[part.multiple]
    return Codebook(codes, units)


def _in_units(steps: Tensor, parts: Sequence[Part], runs: dict[int, tuple[int, int]]) -> Codebook:
    low = min(multiple * low for multiple, (low, _) in runs.items())
    high = max(multiple * high for multiple, (_, high) in runs.items())
    low = max(low, high - LAST_CODE)
    codes = torch.empty_like(steps, dtype=torch.uint8)
    for part in parts:
        codes[part.channels, part.rows] = (part.of(steps) * part.multiple - low).clamp_min_(0)
    return Codebook(codes, np.arange(CODEBOOK_SIZE) + low)
