"""Numbers of steps -> bytes and a codebook."""

from __future__ import annotations

import numpy as np
import torch

from sharp_core.formats.sog.codebook import Part, multiple_of, to_codebook

FINE = Part(slice(0, 2), slice(0, 50), 1)
COARSE = Part(slice(2, 3), slice(0, 50), 3)
OTHER_LAYER = Part(slice(0, 3), slice(50, 100), 4)
PARTS = (FINE, COARSE, OTHER_LAYER)


def random_steps(low, high):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(low, high, (3, 100), generator=generator, dtype=torch.int32)


def in_units(steps):
    expected = steps.clone()
    for part in PARTS:
        part.of(expected).mul_(part.multiple)
    return expected.numpy()


def test_every_value_comes_back():
    steps = random_steps(-20, 20)
    codes, units = to_codebook(steps, PARTS)
    assert np.array_equal(units[codes], in_units(steps))
    assert len(units) == 256


def test_neighbouring_steps_are_neighbouring_bytes():
    steps = random_steps(-20, 20)
    codes = to_codebook(steps, PARTS).codes.int()
    for part in PARTS:
        assert len(torch.unique(part.of(codes) - part.of(steps))) == 1


def test_steps_of_one_size_share_their_bytes():
    steps = random_steps(-50, 50)
    codes, units = to_codebook(steps, [part._replace(multiple=2) for part in PARTS])
    assert np.array_equal(units[codes], 2 * steps.numpy())
    assert codes.max() - codes.min() == steps.max() - steps.min()


def test_runs_that_do_not_fit_share_one_in_units():
    steps = random_steps(-40, 40) * torch.tensor([[2], [2], [1]], dtype=torch.int32)
    codes, units = to_codebook(steps, PARTS)
    values = in_units(steps)
    assert np.array_equal(units, np.arange(256) + units[0])
    assert np.array_equal(units[codes], values.clip(values.max() - 255))


def test_a_step_is_one_unit_at_least():
    assert [multiple_of(step, 2.0) for step in (0.1, 2.0, 5.1)] == [1, 1, 3]
