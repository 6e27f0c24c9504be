import numpy as np
import pytest

from sharp_core.training.small.sharpen import with_crisp_steps


def soft_step(height=0.6, width=6):
    x = np.arange(60, dtype=np.float32)
    row = 0.2 + height / (1 + np.exp(-(x - 29.5) / (width / 4)))
    return np.tile(row, (20, 1)).astype(np.float32)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_soft_step_becomes_a_jump_in_its_middle(turn):
    sharp = np.rot90(with_crisp_steps(np.rot90(soft_step(), turn)), -turn)
    assert np.diff(soft_step(), axis=1).max() < 0.12
    assert np.diff(sharp, axis=1).max() > 0.4
    assert np.argmax(np.diff(sharp[10])) in (28, 29, 30)
    np.testing.assert_allclose(sharp[:, [0, -1]], soft_step()[:, [0, -1]], atol=1e-3)


def test_slopes_and_flat_parts_stay():
    y, x = np.mgrid[0:48, 0:64].astype(np.float32)
    slope = y / 48 + 0.2 * x / 64
    assert np.array_equal(with_crisp_steps(slope), slope)


def test_values_stay_between_those_that_were_there():
    values = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    sharp = with_crisp_steps(values)
    assert values.min() - 1e-6 <= sharp.min() <= sharp.max() <= values.max() + 1e-6
