"""Second half of a CPU frame: sort the list of each tile by depth, and alpha-blend it."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import float32, int64

from sharp_core.numba_compile import ceil_of_positive, compiled, inlined
from sharp_core.render.cpu.layout import (
    COLOR,
    DEPTH,
    FALL,
    FOOTPRINTS,
    FRAME_BUFFER,
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
    u64,
)
from sharp_core.render.cpu.powers import power_of_256
from sharp_core.render.rules import ALPHA_FLOOR, MAX_ALPHA, MIN_TRANSMITTANCE

_ZERO, _ONE, _INFINITY = f32(0), f32(1), f32(np.inf)
_FLOOR, _MAX_ALPHA, _MIN_TRANSMITTANCE = f32(ALPHA_FLOOR), f32(MAX_ALPHA), f32(MIN_TRANSMITTANCE)

# Radix sort: depths within a tile become integers of 22 bits, sorted in two passes of 11 bits. The
# largest key leaves a margin for rounding.
_DIGIT = 11
_DIGITS = 1 << _DIGIT
_LARGEST_KEY = f32((1 << 2 * _DIGIT) - 4)

# A SIMD vector of eight floats. LLVM vectorises a loop over pixels only if its length is constant.
LANES = 8
# A group of lanes starts at any pixel, so the last group of a row can end outside the tile.
_STRIDE = TILE_WIDTH + LANES
_PLANE = TILE_HEIGHT * _STRIDE
_RED, _GREEN, _BLUE, _DEPTH = u64(_PLANE), u64(2 * _PLANE), u64(3 * _PLANE), u64(4 * _PLANE)
_NEXT_GROUP, _NEXT_ROW = u64(LANES), u64(_STRIDE)


@compiled(int64, int64, TILE_LISTS, FOOTPRINTS)
def sort_tiles(first: int, last: int, lists: TileLists, footprints: Footprints) -> None:
    """Sort the lists of tiles first to last by depth, nearest first. The sort is stable.

    Depths count as equal within a four-millionth of the depth range of the tile.
    """
    starts, entries, values = lists.starts, lists.entries, footprints.values
    longest = 0
    for tile in range(first, last):
        longest = max(longest, starts[tile + 1] - starts[tile])
    listed, half_sorted = np.empty(longest, np.int32), np.empty(longest, np.int32)
    keys, histogram = np.empty(longest, np.uint32), np.empty(2 * _DIGITS, np.int32)
    for tile in range(first, last):
        start, count = starts[tile], starts[tile + 1] - starts[tile]
        nearest, farthest = _INFINITY, _ZERO
        for i in range(count):
            listed[i] = entries[start + i]
            z = values[listed[i], DEPTH]
            nearest, farthest = min(nearest, z), max(farthest, z)
        if farthest <= nearest:
            continue
        scale = _LARGEST_KEY / (farthest - nearest)
        histogram[:] = 0
        for i in range(count):
            key = np.uint32((values[listed[i], DEPTH] - nearest) * scale)
            keys[i] = key
            histogram[key & (_DIGITS - 1)] += 1
            histogram[_DIGITS + (key >> _DIGIT)] += 1
        low = high = 0
        for digit in range(_DIGITS):
            low, histogram[digit] = low + histogram[digit], low
            high, histogram[_DIGITS + digit] = high + histogram[_DIGITS + digit], high
        for i in range(count):
            digit = keys[i] & (_DIGITS - 1)
            half_sorted[histogram[digit]] = i
            histogram[digit] += 1
        for i in range(count):
            digit = _DIGITS + (keys[half_sorted[i]] >> _DIGIT)
            entries[start + histogram[digit]] = listed[half_sorted[i]]
            histogram[digit] += 1


@inlined
def _blend_group(
    planes: Value, at: Value, exponent: Value, t: Value, step: Value, color_depth: Value
) -> None:
    """Blend one footprint into LANES pixels of a row, from index `at` on.

    log2(alpha) / 8 is `exponent` minus the square of `t`, and `t` grows by `step` per pixel. An
    opaque pixel stores its transmittance with a minus sign: `remains` then cannot be positive, and
    no further test is needed. The code has no branch and no conditional store, so that LLVM
    vectorises it.
    """
    red, green, blue, depth = color_depth
    for lane in range(_NEXT_GROUP):
        s = t + f32(lane) * step
        x = exponent - s * s
        alpha = min(_MAX_ALPHA, power_of_256(x))
        alpha = alpha if x >= WEAKEST else _ZERO  # one expression with the line above would branch
        transmittance = planes[at + lane]
        weight = alpha * transmittance
        remains = transmittance - weight
        is_open = remains > _MIN_TRANSMITTANCE
        weight = weight if is_open else _ZERO
        planes[at + lane] = remains if is_open else -abs(transmittance)
        planes[_RED + at + lane] += weight * red
        planes[_GREEN + at + lane] += weight * green
        planes[_BLUE + at + lane] += weight * blue
        planes[_DEPTH + at + lane] += weight * depth


@inlined
def _blend_footprint(f: Value, left: int, top: int, right: int, bottom: int, planes: Value) -> None:
    """Blend one footprint into the planes of a tile: transmittance, red, green, blue, depth.

    The same number of groups in all rows helps branch prediction, and nearly all footprints are one
    or two groups wide. From three groups on, it is faster to compute the ellipse's ends per row.
    """
    u, v, reach_u, reach_v = f[U], f[V], f[REACH_U], f[REACH_V]
    shear, step, fall, peak = f[SHEAR], f[STEP], f[FALL], f[PEAK]
    color_depth = (f[COLOR], f[COLOR + 1], f[COLOR + 2], f[DEPTH])
    x, y = (
        ceil_of_positive(max(u - reach_u, f32(left))),
        ceil_of_positive(max(v - reach_v, f32(top))),
    )
    width, last_y = (
        int(min(u + reach_u, f32(right - 1))) - x,
        int(min(v + reach_v, f32(bottom - 1))),
    )
    at = u64((y - top) * _STRIDE + x - left)
    dy = f32(y) - v
    t, t_down = (f32(x) - u - shear * dy) * step, shear * step
    if width < LANES:
        for _ in range(y, last_y + 1):
            _blend_group(planes, at, peak - fall * dy * dy, t, step, color_depth)
            at += _NEXT_ROW
            dy += _ONE
            t -= t_down
    elif width < 2 * LANES:
        for _ in range(y, last_y + 1):
            exponent = peak - fall * dy * dy
            _blend_group(planes, at, exponent, t, step, color_depth)
            t_next = t + f32(LANES) * step
            _blend_group(planes, at + _NEXT_GROUP, exponent, t_next, step, color_depth)
            at += _NEXT_ROW
            dy += _ONE
            t -= t_down
    else:
        for _ in range(y, last_y + 1):
            exponent = peak - fall * dy * dy
            half = sqrt(max(exponent - WEAKEST, _ZERO))
            begin = int(min(max((-half - t) / step, _ZERO), f32(width + 1)))
            end = int(min((half - t) / step, f32(width)))
            for offset in range(begin, end + 1, LANES):
                t_here = t + f32(offset) * step
                _blend_group(planes, at + u64(offset), exponent, t_here, step, color_depth)
            at += _NEXT_ROW
            dy += _ONE
            t -= t_down


@compiled(int64, int64, TILE_LISTS, FOOTPRINTS, float32[::1], FRAME_BUFFER)
def blend_tiles(
    first: int,
    last: int,
    lists: TileLists,
    footprints: Footprints,
    background: Value,
    frame: FrameBuffer,
) -> None:
    """Blend the sorted lists of tiles first to last, and write their pixels to `frame`."""
    color, depth, alpha = frame.color, frame.depth, frame.alpha
    height, width = alpha.shape
    columns = (width + TILE_WIDTH - 1) // TILE_WIDTH
    planes = np.empty(5 * _PLANE, np.float32)
    for tile in range(first, last):
        left, top = tile % columns * TILE_WIDTH, tile // columns * TILE_HEIGHT
        right, bottom = min(left + TILE_WIDTH, width), min(top + TILE_HEIGHT, height)
        planes[:_PLANE] = _ONE
        planes[_PLANE:] = _ZERO
        for k in range(lists.starts[tile], lists.starts[tile + 1]):
            footprint = footprints.values[u64(lists.entries[k])]
            _blend_footprint(footprint, left, top, right, bottom, planes)
        for y in range(top, bottom):
            for x in range(left, right):
                i = u64((y - top) * _STRIDE + x - left)
                transmittance = abs(planes[i])
                color[y, x, 0] = planes[_RED + i] + transmittance * background[0]
                color[y, x, 1] = planes[_GREEN + i] + transmittance * background[1]
                color[y, x, 2] = planes[_BLUE + i] + transmittance * background[2]
                alpha[y, x] = _ONE - transmittance
                depth[y, x] = planes[_DEPTH + i] / max(_ONE - transmittance, _FLOOR)
