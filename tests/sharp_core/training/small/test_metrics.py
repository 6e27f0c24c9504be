import numpy as np
import pytest

from sharp_core.training.small.metrics import (
    aligned_error,
    depth_scores,
    ordered_pairs,
    spearman,
)

RNG = np.random.default_rng(8)


def naive_ranks(values):
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


def test_spearman_is_the_correlation_of_mean_ranks():
    a = RNG.integers(0, 12, 60).astype(float)  # with many ties
    b = a + RNG.normal(0, 4, 60)
    expected = np.corrcoef(naive_ranks(a), naive_ranks(b))[0, 1]
    assert spearman(a, b) == pytest.approx(expected, abs=1e-12)


def test_any_rising_function_leaves_the_order_scores():
    truth = RNG.random(500)
    assert spearman(np.exp(3 * truth), truth) == pytest.approx(1.0)
    assert ordered_pairs(truth**3, truth) == 1.0
    assert ordered_pairs(-truth, truth) == 0.0
    assert spearman(-truth, truth) == pytest.approx(-1.0)


def test_a_constant_prediction_knows_nothing():
    truth = RNG.random(100)
    assert spearman(np.zeros(100), truth) == 0.0
    assert ordered_pairs(np.zeros(100), truth) == 0.5


def test_the_error_ignores_scale_and_shift():
    truth = RNG.random(200)
    noisy = truth + RNG.normal(0, 0.1, 200)
    assert aligned_error(5 * noisy - 3, truth) == pytest.approx(aligned_error(noisy, truth))
    assert aligned_error(-2 * truth, truth) == pytest.approx(0.0, abs=1e-12)


def test_scores_do_not_depend_on_the_truths_unit():
    truth = RNG.random(400)
    noisy = truth + RNG.normal(0, 0.1, 400)
    one, other = depth_scores(noisy, truth), depth_scores(noisy, 80 * truth + 7)
    assert one.error == pytest.approx(other.error)
    assert one.ordered_pairs == other.ordered_pairs
