"""The compiled loops of lossless WebP: predictions, choices of tiles, symbols and bits.

A pixel is one number, `alpha << 24 | red << 16 | green << 8 | blue`: in memory, the bytes blue,
green, red and alpha. Sections are those of RFC 9649.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int16, int32, int64, uint8, uint32, uint64

from sharp_core.numba_compile import compiled, inlined

Bytes = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.int16]

TILE = 16  # its side, in pixels
CACHE_BITS = 10
FIRST_CACHED = 280  # after 256 values of green, and 24 lengths of repeats, which are not used
# Where the symbols of each channel begin in a group of codes, and the end of the last.
CHANNELS = (0, 1304, 1560, 1816, 2072)
_, RED, BLUE, ALPHA, SLOTS = CHANNELS
GROUPS = 32
WITH_CACHE = 16  # the first group whose tiles use the colour cache
CODE_SHIFT = 5  # a code and its number of bits are one number: code << CODE_SHIFT | bits

# Numbers of predictions in the format. Of its 14, these make scenes smallest.
_LEFT, _TOP, _OF_THREE, _OF_FOUR, _GRADIENT = 1, 2, 5, 10, 12
PREDICTIONS = (_LEFT, _TOP, _OF_THREE, _OF_FOUR, _GRADIENT)

_PER_WORD = 4  # prices of 16 bits in one number
_WORDS, _FIRST_WITH_CACHE = GROUPS // _PER_WORD, WITH_CACHE // _PER_WORD
_MOST = np.uint64(1 << 16)
_SIZE = np.uint32((1 << CODE_SHIFT) - 1)


@compiled(int64, uint8[::1], int64, int64, int64, uint8[::1])
def _subtract(mode: int, flat: Bytes, row: int, first: int, size: int, out: Bytes) -> None:
    """Write `size` values from `first` on, less their prediction, to `out`. A row has `row`."""
    own, left = flat[first : first + size], flat[first - 4 : first - 4 + size]
    if mode == _LEFT:
        for i in range(size):
            out[i] = own[i] - left[i]
        return
    up = first - row
    top, corner = flat[up : up + size], flat[up - 4 : up - 4 + size]
    right = flat[up + 4 : up + 4 + size]
    if mode == _TOP:
        for i in range(size):
            out[i] = own[i] - top[i]
    elif mode == _OF_THREE:
        for i in range(size):
            out[i] = own[i] - ((((left[i] + right[i]) >> 1) + top[i]) >> 1)
    elif mode == _OF_FOUR:
        for i in range(size):
            far = (top[i] + right[i]) >> 1
            out[i] = own[i] - ((((left[i] + corner[i]) >> 1) + far) >> 1)
    elif mode == _GRADIENT:
        for i in range(size):
            value = np.int16(left[i]) + np.int16(top[i]) - np.int16(corner[i])
            out[i] = own[i] - min(max(value, 0), 255)


@compiled(uint8[:, :, ::1], uint8[:, ::1], int64, uint8[:, :, ::1])
def subtract_predictions(pixels: Bytes, modes: Bytes, step: int, out: Bytes) -> None:
    """Write every `step`-th row of `pixels` (height, width, 4), less its predictions, to `out`.

    Section 4.1. `modes` has the prediction of each tile.
    """
    row, flat = 4 * pixels.shape[1], pixels.reshape(-1)
    for index in range(out.shape[0]):
        y = index * step
        target = out[index].reshape(-1)
        if y:  # the first pixel of a row is predicted by the one above
            _subtract(_TOP, flat, row, y * row, 4, target)
        else:
            for channel in range(4):
                target[channel] = flat[channel] - 255 * (channel == 3)
        for column in range(modes.shape[1]):
            mode = modes[y // TILE, column] if y else _LEFT
            first, last = max(4, 4 * TILE * column), min(row, 4 * TILE * (column + 1))
            if first < last:
                _subtract(mode, flat, row, y * row + first, last - first, target[first:last])


@compiled(uint32[:, ::1], int16[:, ::1])
def find_cached(pixels: Pixels, keys: Keys) -> None:
    """Write the place of each pixel in the colour cache to `keys`, or -1. Section 5.2.3."""
    cache = np.zeros(1 << CACHE_BITS, np.uint32)
    factor, mask, shift = np.uint64(0x1E35A7BD), np.uint64(0xFFFFFFFF), np.uint64(32 - CACHE_BITS)
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            value = pixels[y, x]
            key = ((np.uint64(value) * factor) & mask) >> shift
            keys[y, x] = key if cache[key] == value else -1
            cache[key] = value


@compiled(uint32[:, :, ::1], int16[:, :, ::1], int64, uint64[:, ::1], uint8[:, ::1], uint8[:, ::1])
def assign_tiles(
    samples: Pixels,
    keys: Keys,
    tile_rows: int,
    prices: npt.NDArray[np.uint64],
    chosen: Bytes,
    groups: Bytes,
) -> None:
    """Choose one of the samples (number, rows, width) and a group for every tile.

    `prices` (SLOTS, 8) holds what each symbol costs, for four groups in a number.
    """
    _, rows, width = samples.shape
    sums = np.empty(_WORDS, np.uint64)
    for row in range(chosen.shape[0]):
        for column in range(chosen.shape[1]):
            least = _MOST
            for number in range(samples.shape[0]):
                sums[:] = 0
                for y in range(row * tile_rows, min(rows, (row + 1) * tile_rows)):
                    for x in range(column * TILE, min(width, (column + 1) * TILE)):
                        value, key = samples[number, y, x], keys[number, y, x]
                        green, red = prices[(value >> 8) & 255], prices[RED + ((value >> 16) & 255)]
                        blue, alpha = prices[BLUE + (value & 255)], prices[ALPHA + (value >> 24)]
                        for word in range(_WORDS if key < 0 else _FIRST_WITH_CACHE):
                            sums[word] += green[word] + red[word] + blue[word] + alpha[word]
                        if key >= 0:
                            for word in range(_FIRST_WITH_CACHE, _WORDS):
                                sums[word] += prices[FIRST_CACHED + key, word]
                for group in range(GROUPS):
                    shift = np.uint64(16 * (group % _PER_WORD))
                    price = (sums[group // _PER_WORD] >> shift) & np.uint64(0xFFFF)
                    if price < least:
                        least = price
                        chosen[row, column], groups[row, column] = number, group


@compiled(uint32[:, ::1], int16[:, ::1], uint8[:, ::1], int64, int32[:, ::1])
def count_symbols(
    pixels: Pixels, keys: Keys, groups: Bytes, tile_rows: int, counts: npt.NDArray[np.int32]
) -> None:
    """Add to `counts` (GROUPS, SLOTS) the symbols of `pixels`, whose tiles have `tile_rows`."""
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            group = groups[y // tile_rows, x // TILE]
            count = counts[group]
            if group >= WITH_CACHE and keys[y, x] >= 0:
                count[FIRST_CACHED + keys[y, x]] += 1
                continue
            value = pixels[y, x]
            count[(value >> 8) & 255] += 1
            count[RED + ((value >> 16) & 255)] += 1
            count[BLUE + (value & 255)] += 1
            count[ALPHA + (value >> 24)] += 1


@inlined
def put(out: Any, state: Any, code: Any, more: Any) -> Any:  # noqa: ANN401 (types of numba)
    """Append two codes to the bits that are held, and write 32 bits if as many are."""
    bits, held, at = state
    bits |= np.uint64(code >> CODE_SHIFT) << held
    held += np.uint64(code & _SIZE)
    bits |= np.uint64(more >> CODE_SHIFT) << held
    held += np.uint64(more & _SIZE)
    out[at] = np.uint32(bits)
    words = held >> np.uint64(5)
    return bits >> (words << np.uint64(5)), held & np.uint64(31), at + np.int64(words)


@compiled(uint32[::1], uint32[:, ::1], int16[:, ::1], uint8[:, ::1], uint32[:, ::1], uint32[::1])
def write_bits(
    header: Pixels, pixels: Pixels, keys: Keys, groups: Bytes, codes: Pixels, out: Pixels
) -> int:
    """Write the codes of `header`, and `pixels` in the `codes` of their groups; return bytes."""
    none = np.uint32(0)
    state = (np.uint64(0), np.uint64(0), 0)
    for entry in header:
        state = put(out, state, entry, none)
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            group = groups[y // TILE, x // TILE]
            code = codes[group]
            if group >= WITH_CACHE and keys[y, x] >= 0:
                state = put(out, state, code[FIRST_CACHED + keys[y, x]], none)
                continue
            value = pixels[y, x]
            green, red = code[(value >> 8) & 255], code[RED + ((value >> 16) & 255)]
            state = put(out, state, green, red)
            state = put(out, state, code[BLUE + (value & 255)], code[ALPHA + (value >> 24)])
    bits, held, at = state
    out[at] = np.uint32(bits)
    return 4 * at + ((int(held) + 7) >> 3)
