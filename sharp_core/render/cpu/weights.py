"""Blending weights of each Gaussian over all pixels of some views, for pruning and merging.

In: Gaussians and cameras. Out: per Gaussian, the largest weight and the sum of weights. It uses the
CPU engine up to the sorted tile lists, and then a plain loop that records weights instead of
colours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numba import int64, typeof
from torch import Tensor

from sharp_core.numba_compile import ceil_of_positive, compiled
from sharp_core.render.cpu.blend import sort_tiles
from sharp_core.render.cpu.layout import (
    COLOR,
    EXPONENT_UNIT,
    FALL,
    FOOTPRINTS,
    PEAK,
    REACH_U,
    REACH_V,
    SHEAR,
    STEP,
    TILE_HEIGHT,
    TILE_LISTS,
    TILE_WIDTH,
    WEAKEST,
    Footprints,
    FrameBuffer,
    TileLists,
    U,
    V,
    Value,
    f32,
)
from sharp_core.render.cpu.renderer import CpuRenderer
from sharp_core.render.rules import MAX_ALPHA, MIN_TRANSMITTANCE
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians

_MAX_ALPHA, _MIN_TRANSMITTANCE = f32(MAX_ALPHA), f32(MIN_TRANSMITTANCE)
_UNIT, _ONE = f32(EXPONENT_UNIT), f32(1)
# The index of each Gaussian is passed as its colour. A float32 represents integers up to this one.
_MOST_GAUSSIANS = 1 << 24
_SIZE: Value = typeof((0, 0))  # type: ignore[no-untyped-call]
_FOUND: Value = typeof((np.empty(0, np.float32), np.empty(0)))  # type: ignore[no-untyped-call]


class BlendWeights(NamedTuple):
    """What N Gaussians contribute to some views."""

    maximum: Tensor  # (N,) float32 in [0, 1], over all pixels of all views
    total: Tensor  # (N,) float64: the area in pixels that each covers, summed over views


def blend_weights(gaussians: Gaussians, cameras: Iterable[Camera]) -> BlendWeights:
    """Return the blending weights of each Gaussian over all pixels of all views.

    Raises ValueError for more than 16 million Gaussians.
    """
    count = len(gaussians)
    if count > _MOST_GAUSSIANS:
        raise ValueError(f"{count} Gaussians: at most {_MOST_GAUSSIANS} can be pruned or merged")
    indices = torch.arange(count, dtype=torch.float32)[:, None].expand(count, 3)
    renderer = _WeightRenderer(replace(gaussians.to("cpu"), colors=indices))
    for camera in cameras:
        renderer.render(camera)
    return BlendWeights(torch.from_numpy(renderer.maximum), torch.from_numpy(renderer.total))


class _WeightRenderer(CpuRenderer):
    """Records weights and draws nothing. One thread, since tiles share the weight of a Gaussian."""

    def __init__(self, gaussians: Gaussians) -> None:
        super().__init__(gaussians, threads=1)
        self.maximum = np.zeros(len(gaussians), np.float32)
        self.total = np.zeros(len(gaussians), np.float64)

    def _draw(
        self, tiles: tuple[int, int], lists: TileLists, background: Value, frame: FrameBuffer
    ) -> list[float]:
        first, last = tiles
        height, width = frame.alpha.shape
        sort_tiles(first, last, lists, self._footprints)
        size = height, width
        found = self.maximum, self.total
        _record_weights(first, last, size, lists, self._footprints, found)
        return [0.0, 0.0]


@compiled(
    int64,
    int64,
    _SIZE,
    TILE_LISTS,
    FOOTPRINTS,
    _FOUND,
)
def _record_weights(
    first: int,
    last: int,
    size: tuple[int, int],
    lists: TileLists,
    footprints: Footprints,
    found: tuple[Value, Value],
) -> None:
    """Update maxima and sums of weights with tiles first to last. Blends as `blend.py` does."""
    height, width = size
    maximum, total = found
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    transmittance = np.empty((TILE_HEIGHT, TILE_WIDTH), np.float32)
    is_open = np.empty((TILE_HEIGHT, TILE_WIDTH), np.bool_)
    for tile in range(first, last):
        left, top = tile % columns * TILE_WIDTH, tile // columns * TILE_HEIGHT
        right, bottom = min(left + TILE_WIDTH, width), min(top + TILE_HEIGHT, height)
        transmittance[:] = _ONE
        is_open[:] = True
        for k in range(lists.starts[tile], lists.starts[tile + 1]):
            f = footprints.values[lists.entries[k]]
            u, v = f[U], f[V]
            first_x = ceil_of_positive(max(u - f[REACH_U], f32(left)))
            first_y = ceil_of_positive(max(v - f[REACH_V], f32(top)))
            last_x = int(min(u + f[REACH_U], f32(right - 1)))
            last_y = int(min(v + f[REACH_V], f32(bottom - 1)))
            greatest, area = f32(0), f32(0)
            for y in range(first_y, last_y + 1):
                dy = f32(y) - v
                for x in range(first_x, last_x + 1):
                    if not is_open[y - top, x - left]:
                        continue
                    t = (f32(x) - u - f[SHEAR] * dy) * f[STEP]
                    exponent = f[PEAK] - f[FALL] * dy * dy - t * t
                    if exponent < WEAKEST:
                        continue
                    alpha = min(_MAX_ALPHA, f32(2) ** (_UNIT * exponent))
                    weight = alpha * transmittance[y - top, x - left]
                    remains = transmittance[y - top, x - left] - weight
                    if remains > _MIN_TRANSMITTANCE:
                        transmittance[y - top, x - left] = remains
                        greatest = max(greatest, weight)
                        area += weight
                    else:
                        is_open[y - top, x - left] = False
            index = int(f[COLOR])
            maximum[index] = max(maximum[index], greatest)
            total[index] += area
