"""Blend tiles front to back, and their gradients back to front (compiled).

At a pixel, footprint i with alpha a_i gets the weight w_i = a_i T_i, where T_i is the product of
(1 - a_j) over the nearer ones. The planes are sums of w_i (red, green, blue, depth, 1). With G_i
the scalar product of a pixel's upstream gradient and (red, green, blue, depth, 1) of footprint i,

    dL / da_i = T_i G_i - (sum over farther j of w_j G_j) / (1 - a_i)

so one number per pixel carries all that is behind (as Kerbl et al., "3D Gaussian Splatting", 2023).
The backward pass recovers T_i from the final transmittance by division, which is safe since alpha
is at most 0.999. Threads work on disjoint tiles. Gradients are first written per list entry, then
summed per Gaussian in a fixed order, so they do not depend on the number of threads.

Pixels of a row are processed in groups of LANES without branches, so that LLVM vectorises them.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np
from numba import float32, float64, int32, int64
from numba.extending import overload

from sharp_core.numba_compile import compiled_variants, inlined
from sharp_core.render.cpu.layout import TILE_HEIGHT, TILE_WIDTH, Value, f32, u64
from sharp_core.render.cpu.powers import power_of_256
from sharp_core.render.rules import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE
from sharp_core.training.rendering.tile_lists import (
    ACROSS,
    COLOR,
    DEPTH,
    FALL,
    LISTS,
    OPACITY,
    SHEAR,
    Lists,
    U,
    V,
    columns_within,
    pixels_within,
    q_limit,
)

CHANNELS = 5  # red, green, blue, depth, alpha

# A SIMD vector, or two, of float64. LLVM vectorises a loop only if its length is constant.
LANES = 8
_GROUP = u64(LANES)
# A group starts at any pixel, so the last group of a row can end outside the tile.
_STRIDE = TILE_WIDTH + LANES
_PLANE = TILE_HEIGHT * _STRIDE
# The planes of a tile while it is blended: CHANNELS sums or upstream gradients first, then these.
_TRANSMITTANCE = u64(CHANNELS * _PLANE)
_CLOSED_AT = u64((CHANNELS + 1) * _PLANE)
_BEHIND = u64((CHANNELS + 2) * _PLANE)
_RED, _GREEN, _BLUE = u64(0), u64(_PLANE), u64(2 * _PLANE)
_DEPTH, _ALPHA = u64(3 * _PLANE), u64(4 * _PLANE)

_WEAKEST = log(MIN_ALPHA)
_PER_256 = 1 / log(256)


def _exp(x: Value) -> Value:
    """Return e^x for x from _WEAKEST to 0; anything below MIN_ALPHA for a smaller x."""
    raise NotImplementedError("for compiled code only")


@overload(_exp, inline="always")
def _exp_of(x: Value) -> Callable[[Value], Value]:
    """Return the code for the type of x: vectorised for float32, exact for float64."""

    def fast(x: Value) -> Value:
        return power_of_256(max(x * f32(_PER_256), f32(-1)))

    def exact(x: Value) -> Value:
        return exp(x)

    return fast if x == float32 else exact


@inlined
def _blend_group(
    planes: Value, at: Value, row: Value, t: Value, shown: Value, number: Value
) -> None:
    """Blend one footprint into LANES pixels of a row, from index `at` on.

    `row` is the opacity, q at the row's centre and its growth with the square of the distance from
    there, which is `t` at the first pixel. An opaque pixel stores its transmittance with a minus
    sign: `remains` then cannot be positive, and no further test is needed.
    """
    real = planes.dtype.type
    opacity, q_row, across = row
    red, green, blue, depth = shown
    for lane in range(_GROUP):
        s = t + real(lane)
        raw = opacity * _exp(real(-0.5) * (q_row + across * s * s))
        alpha = min(raw, real(MAX_ALPHA))
        alpha = alpha if raw >= real(MIN_ALPHA) else real(0)
        transmittance = planes[_TRANSMITTANCE + at + lane]
        weight = alpha * transmittance
        remains = transmittance - weight
        is_open = remains > real(MIN_TRANSMITTANCE)
        weight = weight if is_open else real(0)
        planes[_TRANSMITTANCE + at + lane] = remains if is_open else -abs(transmittance)
        closed_at = planes[_CLOSED_AT + at + lane]
        planes[_CLOSED_AT + at + lane] = closed_at if is_open else min(closed_at, number)
        planes[_RED + at + lane] += weight * red
        planes[_GREEN + at + lane] += weight * green
        planes[_BLUE + at + lane] += weight * blue
        planes[_DEPTH + at + lane] += weight * depth
        planes[_ALPHA + at + lane] += weight


@compiled_variants(
    *(
        (
            int64,
            int64,
            LISTS,
            real[:, ::1],
            real[:, :, ::1],
            real[:, ::1],
            int32[:, ::1],
        )
        for real in (float32, float64)
    )
)
def blend_tiles(
    first_tile: int,
    end_tile: int,
    lists: Lists,
    footprints: Value,
    image: Value,
    transmittance: Value,
    closed_at: Value,
) -> None:
    """Blend some tiles: fill `image` (H, W, CHANNELS), `transmittance` and `closed_at` (H, W).

    `transmittance` is what passes all footprints. `closed_at` is the number within the tile's list
    of the footprint that a pixel is too opaque for, or the length of the list.
    """
    real = image.dtype.type
    half = real(0.5)
    height, width = transmittance.shape
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    planes = np.empty((CHANNELS + 2) * _PLANE, image.dtype)
    for tile in range(first_tile, end_tile):
        left, top = tile % columns * TILE_WIDTH, tile // columns * TILE_HEIGHT
        right, bottom = min(left + TILE_WIDTH, width), min(top + TILE_HEIGHT, height)
        start = lists.starts[tile]
        planes[:] = real(0)
        planes[_TRANSMITTANCE:_CLOSED_AT] = real(1)
        planes[_CLOSED_AT:] = real(lists.starts[tile + 1] - start)
        for place in range(start, lists.starts[tile + 1]):
            f = footprints[lists.entries[place]]
            u, v, shear, across, fall = f[U], f[V], f[SHEAR], f[ACROSS], f[FALL]
            shown = (f[COLOR], f[COLOR + 1], f[COLOR + 2], f[DEPTH])
            limit = q_limit(f[OPACITY])
            first_y, end_y = pixels_within(v, fall, limit, top, bottom)
            first_x, end_x = columns_within(f, limit, left, right)
            is_wide = end_x - first_x > LANES
            for y in range(first_y, end_y):
                dy = real(y) + half - v
                q_row = fall * dy * dy
                center = u + shear * dy
                if is_wide:
                    first_x, end_x = pixels_within(center, across, limit - q_row, left, right)
                row = (f[OPACITY], q_row, across)
                for x in range(first_x, end_x, LANES):
                    at = u64((y - top) * _STRIDE + x - left)
                    t = real(x) + half - center
                    _blend_group(planes, at, row, t, shown, real(place - start))
        for y in range(top, bottom):
            for x in range(left, right):
                at = u64((y - top) * _STRIDE + x - left)
                for channel in range(CHANNELS):
                    image[y, x, channel] = planes[u64(channel * _PLANE) + at]
                transmittance[y, x] = abs(planes[_TRANSMITTANCE + at])
                closed_at[y, x] = int(planes[_CLOSED_AT + at])


@inlined
def _gradient_group(
    planes: Value, at: Value, row: Value, t: Value, shown: Value, number: Value
) -> Value:
    """Undo the blending of LANES pixels; return sums over them.

    Returns sums of w times the upstream gradient of red, green, blue and depth; of the gradient of
    opacity; and of dL / dq times 1, s and s^2, with s the distance from the centre of the row.
    """
    real = planes.dtype.type
    zero, one = real(0), real(1)
    opacity, q_row, across = row
    red, green, blue, depth = shown
    d_red = d_green = d_blue = d_depth = d_opacity = sum_1 = sum_s = sum_ss = zero
    for lane in range(_GROUP):
        s = t + real(lane)
        bell = _exp(real(-0.5) * (q_row + across * s * s))
        raw = opacity * bell
        raw = raw if raw >= real(MIN_ALPHA) else zero
        raw = raw if number < planes[_CLOSED_AT + at + lane] else zero
        alpha = min(raw, real(MAX_ALPHA))
        per_passed = one / (one - alpha)
        before = planes[_TRANSMITTANCE + at + lane] * per_passed
        weight = alpha * before
        g_red, g_green = planes[_RED + at + lane], planes[_GREEN + at + lane]
        g_blue, g_depth = planes[_BLUE + at + lane], planes[_DEPTH + at + lane]
        total = g_red * red + g_green * green + g_blue * blue + g_depth * depth
        total += planes[_ALPHA + at + lane]
        behind = planes[_BEHIND + at + lane]
        planes[_TRANSMITTANCE + at + lane] = before
        planes[_BEHIND + at + lane] = behind + weight * total
        d_alpha = before * total - behind * per_passed
        d_alpha = d_alpha if raw <= real(MAX_ALPHA) else zero  # alpha is constant there
        d_alpha = d_alpha if raw > zero else zero
        d_q = real(-0.5) * alpha * d_alpha
        d_red += weight * g_red
        d_green += weight * g_green
        d_blue += weight * g_blue
        d_depth += weight * g_depth
        d_opacity += d_alpha * bell
        sum_1 += d_q
        sum_s += d_q * s
        sum_ss += d_q * s * s
    return d_red, d_green, d_blue, d_depth, d_opacity, sum_1, sum_s, sum_ss


@compiled_variants(
    *(
        (
            int64,
            int64,
            LISTS,
            real[:, ::1],
            real[:, :, ::1],
            real[:, ::1],
            int32[:, ::1],
            real[:, ::1],
        )
        for real in (float32, float64)
    )
)
def blend_tiles_backward(
    first_tile: int,
    end_tile: int,
    lists: Lists,
    footprints: Value,
    upstream: Value,
    transmittance: Value,
    closed_at: Value,
    entry_gradients: Value,
) -> None:
    """Fill `entry_gradients` (M, FOOTPRINT) for the lists of some tiles.

    `upstream` (H, W, CHANNELS) is the gradient of the image; `transmittance` and `closed_at` are
    those of the forward pass.
    """
    real = upstream.dtype.type
    half, two = real(0.5), real(2)
    height, width = transmittance.shape
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    planes = np.empty((CHANNELS + 3) * _PLANE, upstream.dtype)
    for tile in range(first_tile, end_tile):
        left, top = tile % columns * TILE_WIDTH, tile // columns * TILE_HEIGHT
        right, bottom = min(left + TILE_WIDTH, width), min(top + TILE_HEIGHT, height)
        planes[:] = real(0)  # outside the image, pixels are closed from the first footprint on
        for y in range(top, bottom):
            for x in range(left, right):
                at = u64((y - top) * _STRIDE + x - left)
                for channel in range(CHANNELS):
                    planes[u64(channel * _PLANE) + at] = upstream[y, x, channel]
                planes[_TRANSMITTANCE + at] = transmittance[y, x]
                planes[_CLOSED_AT + at] = real(closed_at[y, x])
        for place in range(lists.starts[tile + 1] - 1, lists.starts[tile] - 1, -1):
            f, d = footprints[lists.entries[place]], entry_gradients[place]
            u, v, shear, across, fall = f[U], f[V], f[SHEAR], f[ACROSS], f[FALL]
            shown = (f[COLOR], f[COLOR + 1], f[COLOR + 2], f[DEPTH])
            limit = q_limit(f[OPACITY])
            d[:] = real(0)
            first_y, end_y = pixels_within(v, fall, limit, top, bottom)
            first_x, end_x = columns_within(f, limit, left, right)
            is_wide = end_x - first_x > LANES
            for y in range(first_y, end_y):
                dy = real(y) + half - v
                q_row = fall * dy * dy
                center = u + shear * dy
                if is_wide:
                    first_x, end_x = pixels_within(center, across, limit - q_row, left, right)
                row = (f[OPACITY], q_row, across)
                for x in range(first_x, end_x, LANES):
                    at = u64((y - top) * _STRIDE + x - left)
                    t = real(x) + half - center
                    number = real(place - lists.starts[tile])
                    sums = _gradient_group(planes, at, row, t, shown, number)
                    d_center = -two * across * sums[6]
                    d[COLOR] += sums[0]
                    d[COLOR + 1] += sums[1]
                    d[COLOR + 2] += sums[2]
                    d[DEPTH] += sums[3]
                    d[OPACITY] += sums[4]
                    d[FALL] += sums[5] * dy * dy
                    d[ACROSS] += sums[7]
                    d[SHEAR] += d_center * dy
                    d[U] += d_center
                    d[V] -= two * sums[5] * fall * dy + d_center * shear
