"""Choose what an image of lossless WebP does in each tile: a prediction, and a group of codes.

In: pixels. Out: their differences from predictions, and the prediction and group of each tile. RFC
9649, sections 4.1 and 6.2.2. Half of the groups code a pixel channel by channel, for noise. The
others code recent colours as a whole, for differences that take few values.

Both are chosen together, as k-means chooses clusters: every tile takes the prediction and the group
that make it shortest, and then every group takes the codes that its tiles need. Some rows stand for
all meanwhile, and prices for codes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.formats.sog.webp import loops
from sharp_core.formats.sog.webp.loops import CHANNELS, GROUPS, SLOTS, TILE, WITH_CACHE

Tiles = npt.NDArray[np.uint8]  # (rows, columns) of tiles
Counts = npt.NDArray[np.int32]  # (GROUPS, SLOTS) how often each symbol occurs

_MODES = np.array(loops.PREDICTIONS, np.uint8)
_RARE = 0.1  # share of tiles up to which a prediction is not tried again
# One of so many rows is looked at: for predictions at first and then, and for groups alone.
_FIRST_STEP, _SECOND_STEP, _GROUPS_STEP = 8, 4, 4
_GROUPS_PASSES = 2
_BIT = 16  # its price
_DEAREST = 255  # the prices of 64 pixels fit 16 bits
_UNSEEN = 1 / 1024  # counts as this often


class Coded(NamedTuple):
    """Pixels, or their differences from predictions, and where the colour cache holds them."""

    pixels: loops.Pixels  # (rows, width)
    keys: loops.Keys  # (rows, width); -1 for those that it does not hold


class Plan(NamedTuple):
    """What was chosen for an image."""

    modes: Tiles  # all 0 if nothing is predicted
    groups: Tiles
    coded: Coded


def plan_tiles(pixels: loops.Bytes) -> Plan:
    """Choose for each tile of `pixels` (height, width, 4): blue, green, red and alpha."""
    rows, columns = (-(-side // TILE) for side in pixels.shape[:2])
    bands = (np.arange(rows) * WITH_CACHE // rows).astype(np.uint8)
    groups = np.repeat(bands[:, None], columns, axis=1)
    modes = _choose_modes(pixels, groups)
    coded = subtracted(pixels, modes, 1)
    sample = Coded(coded.pixels[::_GROUPS_STEP].copy(), coded.keys[::_GROUPS_STEP].copy())
    for _ in range(_GROUPS_PASSES):
        _assign([sample], count(sample, groups, TILE // _GROUPS_STEP), groups, _GROUPS_STEP)
    return Plan(modes, groups, coded)


def subtracted(pixels: loops.Bytes, modes: Tiles, step: int) -> Coded:
    """Return every `step`-th row less its predictions."""
    rows = np.ascontiguousarray(pixels[::step])
    if modes.any():
        rows = np.empty_like(rows)
        loops.subtract_predictions(pixels, modes, step, rows)
    packed = rows.view(np.uint32)[..., 0]
    keys = np.empty(packed.shape, np.int16)
    loops.find_cached(packed, keys)
    return Coded(packed, keys)


def count(coded: Coded, groups: Tiles, tile_rows: int = TILE) -> Counts:
    """Return how often each symbol occurs in each group, if tiles have so many rows."""
    counts = np.zeros((GROUPS, SLOTS), np.int32)
    loops.count_symbols(*coded, groups, tile_rows, counts)
    return counts


def _choose_modes(pixels: loops.Bytes, groups: Tiles) -> Tiles:
    """Return the prediction of each tile, and replace `groups`, bands at first, by what fits."""

    def samples_of(modes: Tiles, step: int) -> list[Coded]:
        return [subtracted(pixels, np.full_like(groups, mode), step) for mode in modes]

    samples = samples_of(np.append(np.uint8(0), _MODES), _FIRST_STEP)
    best = int(np.argmin([_entropy(sample) for sample in samples]))
    tile_rows = TILE // _FIRST_STEP
    counts = count(samples[best], groups, tile_rows)
    counts += count(samples[best], groups + np.uint8(WITH_CACHE), tile_rows)
    if best == 0:
        _assign(samples[:1], counts, groups, _FIRST_STEP)
        return np.zeros_like(groups)
    chosen = _assign(samples[1:], counts, groups, _FIRST_STEP)
    modes = _MODES[chosen]
    often = _MODES[np.bincount(chosen.ravel(), minlength=len(_MODES)) > _RARE * chosen.size]
    counts = count(subtracted(pixels, modes, _SECOND_STEP), groups, TILE // _SECOND_STEP)
    return often[_assign(samples_of(often, _SECOND_STEP), counts, groups, _SECOND_STEP)]


def _assign(samples: list[Coded], counts: Counts, groups: Tiles, step: int) -> Tiles:
    """Return which sample makes each tile shortest, and replace `groups` by the best for it."""
    chosen = np.empty_like(groups)
    planes, keys = (np.stack(parts) for parts in zip(*samples, strict=True))
    loops.assign_tiles(planes, keys, TILE // step, _prices(counts), chosen, groups)
    return chosen


def _prices(counts: Counts) -> npt.NDArray[np.uint64]:
    """Return what each symbol costs in each group, four groups in a number (SLOTS, GROUPS / 4)."""
    prices = np.empty((GROUPS, SLOTS), np.uint16)
    for first, last in pairwise(CHANNELS):
        seen = counts[:, first:last]
        sums = seen.sum(axis=1, keepdims=True)
        bits = np.log2((sums + 1) / (seen + _UNSEEN))
        # A code has one bit at least, unless it is the only one.
        only = (seen == sums) & (sums > 0)
        prices[:, first:last] = np.where(only, 0, (bits * _BIT).clip(_BIT, _DEAREST))
    return np.ascontiguousarray(prices.T).view(np.uint64)


def _entropy(sample: Coded) -> float:
    """Return how many bits the pixels take at least, if their channels are coded one by one."""
    bits = 0.0
    for channel in np.moveaxis(sample.pixels[::2, :, None].view(np.uint8), -1, 0):
        counts = np.bincount(channel.ravel())
        counts = counts[counts > 0]
        bits -= float((counts * np.log2(counts / counts.sum())).sum())
    return bits
