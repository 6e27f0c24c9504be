"""How well relative inverse depth agrees with a truth, whatever its scale and shift."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Pairs whose truths differ by less than this share of the truth's range have no right order:
# the measurements' own noise would decide.
_MIN_PAIR_DIFFERENCE = 0.05
_PAIRS = 50_000
_PAIR_SEED = 7
_PERCENTILES = (2.0, 98.0)


@dataclass(frozen=True)
class DepthScores:
    """Agreement of one photo's inverse depth with its truth."""

    spearman: float
    """Rank correlation, -1 to 1."""
    ordered_pairs: float
    """Share of random point pairs in the right order, 0 to 1."""
    error: float
    """Mean absolute error after the best scale and shift, in units of the truth's range from
    its 2nd to its 98th percentile."""


def depth_scores(predicted: NDArray[np.floating], truth: NDArray[np.floating]) -> DepthScores:
    """Compare inverse depths at N points; both are (N,)."""
    p, t = predicted.astype(np.float64), truth.astype(np.float64)
    far, near = np.percentile(t, _PERCENTILES)
    t = np.clip((t - far) / max(near - far, 1e-12), 0.0, 1.0)
    return DepthScores(spearman(p, t), ordered_pairs(p, t), aligned_error(p, t))


def spearman(a: Values, b: Values) -> float:
    """Return the rank correlation of (N,) and (N,); equal values share their mean rank."""
    ranks_a, ranks_b = _mean_ranks(a), _mean_ranks(b)
    deviation = float(ranks_a.std() * ranks_b.std())
    if deviation == 0.0:
        return 0.0
    return float(((ranks_a - ranks_a.mean()) * (ranks_b - ranks_b.mean())).mean() / deviation)


def _mean_ranks(values: Values) -> Values:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[place], dtype=np.float64)


def ordered_pairs(predicted: Values, truth: Values) -> float:
    """Return the share of random pairs in the right order, among those that differ enough.

    `truth` is in units of its range. A tie of the prediction counts as half right.
    """
    rng = np.random.default_rng(_PAIR_SEED)
    i, j = rng.integers(0, len(truth), (2, _PAIRS))
    differs = np.abs(truth[i] - truth[j]) > _MIN_PAIR_DIFFERENCE
    if not differs.any():
        return 0.5
    i, j = i[differs], j[differs]
    agreement = np.sign(predicted[i] - predicted[j]) * np.sign(truth[i] - truth[j])
    return float((agreement + 1.0).mean() / 2.0)


def aligned_error(predicted: Values, truth: Values) -> float:
    """Return the mean absolute error after the least-squares scale and shift."""
    design = np.stack([predicted, np.ones_like(predicted)], axis=1)  # (N, 2)
    solution = np.linalg.lstsq(design, truth, rcond=None)[0]
    return float(np.abs(design @ solution - truth).mean())
