"""How much of a picture each Gaussian is: its greatest blending weight over views and pixels.

It is the CPU engine up to the tiles' sorted lists, and then a plain loop instead of the blending.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from numba import float32, int64
from torch import Tensor

from sharp_core.render.cpu.blend import sort_tiles
from sharp_core.render.cpu.layout import (
    COLOR,
    EXPONENT_UNIT,
    FALL,
    FOOTPRINTS,
    LISTS,
    PEAK,
    REACH_U,
    REACH_V,
    SHEAR,
    STEP,
    TILE_HEIGHT,
    TILE_WIDTH,
    WEAKEST,
    Footprints,
    Lists,
    Picture,
    U,
    V,
    Value,
    f32,
)
from sharp_core.render.cpu.numba_compile import ceil_of_positive, compiled
from sharp_core.render.cpu.renderer import CpuRenderer
from sharp_core.render.rules import MAX_ALPHA, MIN_TRANSMITTANCE
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians

_MAX_ALPHA, _MIN_TRANSMITTANCE = f32(MAX_ALPHA), f32(MIN_TRANSMITTANCE)
_UNIT, _ONE = f32(EXPONENT_UNIT), f32(1)
# Numbers of Gaussians travel as colours, and a float32 holds whole numbers up to here.
_MOST_GAUSSIANS = 1 << 24


def greatest_weights(gaussians: Gaussians, cameras: Iterable[Camera]) -> Tensor:
    """Return (N,) the greatest share of any pixel of any view that each Gaussian makes up.

    Raises ValueError for more than 16 million Gaussians.
    """
    count = len(gaussians)
    if count > _MOST_GAUSSIANS:
        raise ValueError(f"{count} Gaussians are too many to tell them apart")
    numbers = torch.arange(count, dtype=torch.float32)[:, None].expand(count, 3)
    meter = _Meter(replace(gaussians.to("cpu"), colors=numbers))
    for camera in cameras:
        meter.render(camera)
    return torch.from_numpy(meter.weights)


class _Meter(CpuRenderer):
    """Draws nothing. In one thread, since a Gaussian is in many tiles, and all note its weight."""

    def __init__(self, gaussians: Gaussians) -> None:
        super().__init__(gaussians, threads=1)
        self.weights = np.zeros(len(gaussians), np.float32)

    def _draw(
        self, tiles: tuple[int, int], lists: Lists, background: Value, picture: Picture
    ) -> list[float]:
        first, last = tiles
        height, width = picture.alpha.shape
        sort_tiles(first, last, lists, self._footprints)
        _weigh_tiles(first, last, height, width, lists, self._footprints, self.weights)
        return [0.0, 0.0]


@compiled(int64, int64, int64, int64, LISTS, FOOTPRINTS, float32[::1])
def _weigh_tiles(
    first: int,
    last: int,
    height: int,
    width: int,
    lists: Lists,
    footprints: Footprints,
    weights: Value,
) -> None:
    """Raise `weights` to those in tiles first to last, by the rules of `cpu_blend`."""
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    passes = np.empty((TILE_HEIGHT, TILE_WIDTH), np.float32)
    is_open = np.empty((TILE_HEIGHT, TILE_WIDTH), np.bool_)
    for tile in range(first, last):
        left, top = tile % columns * TILE_WIDTH, tile // columns * TILE_HEIGHT
        right, bottom = min(left + TILE_WIDTH, width), min(top + TILE_HEIGHT, height)
        passes[:] = _ONE
        is_open[:] = True
        for k in range(lists.starts[tile], lists.starts[tile + 1]):
            f = footprints.values[lists.entries[k]]
            u, v = f[U], f[V]
            first_x = ceil_of_positive(max(u - f[REACH_U], f32(left)))
            first_y = ceil_of_positive(max(v - f[REACH_V], f32(top)))
            last_x = int(min(u + f[REACH_U], f32(right - 1)))
            last_y = int(min(v + f[REACH_V], f32(bottom - 1)))
            greatest = f32(0)
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
                    weight = alpha * passes[y - top, x - left]
                    remains = passes[y - top, x - left] - weight
                    if remains > _MIN_TRANSMITTANCE:
                        passes[y - top, x - left] = remains
                        greatest = max(greatest, weight)
                    else:
                        is_open[y - top, x - left] = False
            number = int(f[COLOR])
            weights[number] = max(weights[number], greatest)
