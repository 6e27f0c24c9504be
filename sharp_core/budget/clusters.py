"""Group Gaussians into a given number of clusters, so that views lose the least (compiled).

In: a weight, a colour and a position in view space per Gaussian. Out: the cluster of each.
Ward's criterion (J. H. Ward, "Hierarchical grouping to optimize an objective function", 1963): to
merge two clusters of weights a and b costs a b / (a + b) times the squared distance of their mean
features. The weight is the area that a Gaussian covers in the views. So the cost is the squared
error of colour, summed over pixels, that one colour in place of two makes; a share of the position
keeps clusters compact and away from depth edges.

Each round merges pairs that prefer each other, the cheapest first, until the number is reached.
The result depends on the input alone: ties are broken by order.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import float64, int32

from sharp_core.budget.neighbors import Floats, Indices, Pairs, contracted, near_pairs
from sharp_core.numba_compile import compiled
from sharp_core.render.cpu.layout import Value

# Share of the mutual pairs that a round merges: with all of them, dear pairs would be merged before
# cheap ones of later rounds.
_SHARE = 0.5
# Features of a cluster: three of colour, three of position.
_COLORS = 3
# Colour difference (of sRGB, 0 to 1) that weighs as much as a distance of one pixel.
POSITION_WEIGHT = 0.025
# Where no pairs are left, neighbours are searched again, this many times farther away.
_WIDENING = 2.0


def cluster(
    points: Floats, weights: Floats, srgb: Floats, target: int, spacing_px: float
) -> Indices:
    """Return the cluster (N,) of each Gaussian, numbered from 0 to `target` - 1.

    `points` (N, 3) are positions in view space in pixels, `weights` (N,) areas above zero, `srgb`
    (N, 3) colours. Clusters are numbered in the order of their first Gaussian.
    """
    count = len(points)
    features = np.ascontiguousarray(np.concatenate([srgb, POSITION_WEIGHT * points], axis=1))
    weights = weights.copy()
    clusters = np.arange(count, dtype=np.int32)
    pairs = near_pairs(points, spacing_px)
    while count > target:
        merged = _cheapest(pairs, weights, features, count - target)
        if len(merged.first) == 0:  # what is left are islands
            spacing_px *= _WIDENING
            positions = np.ascontiguousarray(features[:, _COLORS:] / POSITION_WEIGHT)
            pairs = near_pairs(positions, spacing_px)
            continue
        _add(weights, features, merged)
        names = np.arange(count, dtype=np.int32)
        names[merged.second] = merged.first
        is_kept = np.ones(count, np.bool_)
        is_kept[merged.second] = False
        names = (np.cumsum(is_kept, dtype=np.int32) - 1)[names].astype(np.int32)
        clusters, count = names[clusters], count - len(merged.first)
        weights, features = weights[is_kept], features[is_kept]
        pairs = contracted(pairs, names, count)
    return clusters


def _cheapest(pairs: Pairs, weights: Floats, features: Floats, most: int) -> Pairs:
    """Return the cheapest of the pairs whose members prefer each other, at most `most`."""
    costs = np.empty(len(pairs.first))
    _costs(pairs.first, pairs.second, weights, features, costs)
    best = np.full(len(weights), -1, np.int32)
    _best_pairs(pairs.first, pairs.second, costs, best)
    numbers = np.arange(len(costs))
    is_mutual = (best[pairs.first] == numbers) & (best[pairs.second] == numbers)
    mutual = np.flatnonzero(is_mutual)
    taken = min(most, math.ceil(_SHARE * len(mutual)))
    chosen = mutual[np.argsort(costs[mutual], kind="stable")[:taken]]
    return Pairs(pairs.first[chosen], pairs.second[chosen])


def _add(weights: Floats, features: Floats, merged: Pairs) -> None:
    """Add the second cluster of each pair to the first one, in place."""
    one, other = weights[merged.first], weights[merged.second]
    share = (other / (one + other))[:, None]
    features[merged.first] += share * (features[merged.second] - features[merged.first])
    weights[merged.first] = one + other


def sums_by(clusters: Indices, count: int, values: Floats) -> Floats:
    """Return (count, C): sums of `values` (N, C) over the members of each cluster."""
    columns = [np.bincount(clusters, column, minlength=count) for column in values.T]
    sums: npt.NDArray[np.float64] = np.stack(columns, axis=1)
    return sums


@compiled(int32[::1], int32[::1], float64[::1], float64[:, ::1], float64[::1])
def _costs(first: Value, second: Value, weights: Value, features: Value, costs: Value) -> None:
    for e in range(len(first)):
        i, j = first[e], second[e]
        square = 0.0
        for feature in range(features.shape[1]):
            square += (features[i, feature] - features[j, feature]) ** 2
        costs[e] = weights[i] * weights[j] / (weights[i] + weights[j]) * square


@compiled(int32[::1], int32[::1], float64[::1], int32[::1])
def _best_pairs(first: Value, second: Value, costs: Value, best: Value) -> None:
    """Fill `best` with the number of the cheapest pair of each cluster, the first of equal ones."""
    for e in range(len(first)):
        for i in (first[e], second[e]):
            if best[i] < 0 or costs[e] < costs[best[i]]:
                best[i] = e
