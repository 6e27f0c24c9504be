from __future__ import annotations

import numpy as np

from sharp_core.formats.sog.webp.loops import GROUPS, SLOTS, WITH_CACHE
from sharp_core.formats.sog.webp.tiles import count, plan_tiles

LEFT, TOP, GRADIENT = 1, 2, 12


def plan_of(channel: np.ndarray):
    pixels = np.full((*channel.shape, 4), 255, np.uint8)
    pixels[..., :3] = channel[..., None]
    return plan_tiles(pixels)


def test_noise_of_few_values_is_not_predicted() -> None:
    channel = np.random.default_rng(0).integers(0, 3, (64, 64)) * 40
    assert not plan_of(channel).modes.any()


def test_each_half_gets_its_own_prediction() -> None:
    rng = np.random.default_rng(1)
    rows = np.broadcast_to(rng.integers(0, 256, (96, 1)), (96, 96))  # each equals its left
    columns = np.broadcast_to(rng.integers(0, 256, (1, 96)), (96, 96))
    modes = plan_of(np.concatenate((rows, columns))).modes
    assert set(modes[1:6].ravel()) == {LEFT}
    assert set(modes[7:].ravel()) == {TOP}


def test_sums_of_rows_and_columns_are_predicted_by_their_gradient() -> None:
    rng = np.random.default_rng(4)
    plan = plan_of(rng.integers(0, 120, (96, 1)) + rng.integers(0, 120, (1, 64)))
    assert set(plan.modes[1:].ravel()) == {GRADIENT}
    assert not plan.coded.pixels[1:, 1:].any()


def test_noise_and_few_values_get_different_kinds_of_groups() -> None:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (96, 96, 4))
    few = rng.integers(0, 4, (96, 96, 1)) * np.array((30, 40, 50, 60))
    groups = plan_tiles(np.concatenate((noise, few)).astype(np.uint8)).groups
    assert (groups[:6] < WITH_CACHE).all()
    assert (groups[6:] >= WITH_CACHE).all()


def test_every_pixel_is_counted() -> None:
    plan = plan_of(np.random.default_rng(3).integers(0, 256, (50, 70)))
    counts = count(plan.coded, plan.groups)
    assert counts.shape == (GROUPS, SLOTS)
    assert counts[:, 1816:].sum() + counts[:, 280:1304].sum() == 50 * 70  # alpha, or cached
