from dataclasses import replace

import numpy as np
import pytest
import torch

from sharp_core.training.small.losses import (
    LossWeights,
    Targets,
    depth_and_class_loss,
    gradient_term,
    normalised,
    ranking_term,
    trimmed_mean,
)

RNG = np.random.default_rng(5)


def maps(*shape):
    return torch.from_numpy(RNG.normal(size=shape).astype(np.float32))


def masks(*shape):
    return torch.from_numpy(RNG.random(shape) < 0.7)


def targets(depth, exact=False):
    count = len(depth)
    return Targets(
        depth,
        torch.full(depth.shape, 3),
        torch.ones_like(depth, dtype=torch.bool),
        torch.full((count,), exact),
        torch.randint(
            depth[0].numel(), (count, 2, 300), generator=torch.Generator().manual_seed(1)
        ),
    )


def loss(depth, target, exact=False, weights=None):
    logits = torch.zeros(len(depth), 4, *depth.shape[1:])
    return depth_and_class_loss(depth, logits, targets(target, exact), weights or LossWeights())


def test_normalised_maps_have_median_0_and_mean_deviation_1():
    values, mask = maps(3, 9, 11), masks(3, 9, 11)
    result = normalised(values, mask)
    for one, known, source in zip(result, mask, values, strict=True):
        chosen = source[known].numpy()
        median = np.sort(chosen)[(len(chosen) - 1) // 2]  # torch takes the lower middle
        expected = (chosen - median) / np.abs(chosen - median).mean()
        np.testing.assert_allclose(one[known].numpy(), expected, rtol=1e-4, atol=1e-5)
        assert torch.all(one[~known] == 0)


@pytest.mark.parametrize("trimmed", [0.0, 0.2, 0.5])
def test_trimmed_mean_leaves_out_the_largest_residuals(trimmed):
    residual, mask = maps(2, 7, 8), masks(2, 7, 8)
    result = trimmed_mean(residual, mask, torch.full((2,), trimmed))
    for value, one, known in zip(result, residual, mask, strict=True):
        ordered = np.sort(np.abs(one[known].numpy()))
        kept = int(len(ordered) * (1.0 - np.float32(trimmed)))
        assert value.item() == pytest.approx(ordered[:kept].sum() / len(ordered), rel=1e-5)


@pytest.mark.parametrize("scale", [0, 1, 2])
def test_gradient_term_is_the_mean_difference_of_known_neighbours(scale):
    residual, mask = maps(2, 12, 17), masks(2, 12, 17)
    result = gradient_term(residual, mask, scale)
    step = 2**scale
    residuals, known_pixels = (m.numpy()[:, ::step, ::step] for m in (residual, mask))
    for value, one, known in zip(result, residuals, known_pixels, strict=True):
        total = 0.0
        for y in range(one.shape[0]):
            for x in range(one.shape[1]):
                if x + 1 < one.shape[1] and known[y, x] and known[y, x + 1]:
                    total += abs(one[y, x + 1] - one[y, x])
                if y + 1 < one.shape[0] and known[y, x] and known[y + 1, x]:
                    total += abs(one[y + 1, x] - one[y, x])
        assert value.item() == pytest.approx(total / known.sum(), rel=1e-4)


def test_ranking_is_the_mean_logistic_loss_of_pairs_of_known_order():
    values, target, mask = maps(2, 6, 7), maps(2, 6, 7), masks(2, 6, 7)
    wanted = replace(targets(target), mask=mask)
    result = ranking_term(values, target, wanted, torch.tensor([0.3, 0.1]), 0.2)
    for b, least in ((0, 0.3), (1, 0.1)):
        costs = []
        for i, j in wanted.pairs[b].T.tolist():
            difference = (target[b].flatten()[i] - target[b].flatten()[j]).item()
            if abs(difference) > least and mask[b].flatten()[i] and mask[b].flatten()[j]:
                gain = (values[b].flatten()[i] - values[b].flatten()[j]).item()
                costs.append(0.2 * np.log1p(np.exp(-gain * np.sign(difference) / 0.2)))
        assert result[b].item() == pytest.approx(np.mean(costs), rel=1e-4)


def test_the_right_order_costs_less_than_the_wrong_one():
    truth = maps(1, 16, 16)
    assert loss(truth, truth).ranking < 0.1 * loss(-truth, truth).ranking


@pytest.mark.parametrize("exact", [False, True])
def test_scale_and_shift_of_the_prediction_do_not_matter(exact):
    prediction, truth = maps(2, 16, 16), maps(2, 16, 16)
    before = loss(prediction, truth, exact)
    after = loss(3.7 * prediction + 12.0, truth, exact)
    assert after.depth.item() == pytest.approx(before.depth.item(), rel=1e-3)
    assert after.gradient.item() == pytest.approx(before.gradient.item(), rel=1e-3)


def test_scale_and_shift_of_the_truth_do_not_matter():
    prediction, truth = maps(2, 16, 16), maps(2, 16, 16)
    before, after = loss(prediction, truth), loss(prediction, 0.2 * truth - 1.0)
    assert after.depth.item() == pytest.approx(before.depth.item(), rel=1e-3)


def test_a_prediction_that_is_right_up_to_scale_and_shift_costs_nothing():
    truth = maps(2, 16, 16)
    parts = loss(2.0 * truth + 1.0, truth, exact=True)
    assert parts.depth.item() == pytest.approx(0.0, abs=1e-5)
    assert parts.gradient.item() == pytest.approx(0.0, abs=1e-4)


def test_the_total_is_the_weighted_sum():
    weights = LossWeights(anchor=0.3, classes=0.7)
    parts = loss(maps(2, 16, 16), maps(2, 16, 16), weights=weights)
    depth = parts.depth + parts.gradient + weights.ranking * parts.ranking
    expected = depth + 0.3 * parts.anchor + 0.7 * parts.classes
    assert parts.total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert parts.classes.item() == pytest.approx(np.log(4), rel=1e-5)


def test_neighbours_count_for_scenes_but_not_for_soft_labels():
    checker = torch.zeros(1, 16, 16)
    checker[:, ::2, 1::2] = 1.0
    checker[:, 1::2] = torch.linspace(0, 1, 16)
    truth = torch.linspace(0, 1, 16).expand(1, 16, 16).clone()
    soft = LossWeights(first_gradient_scale=1)
    assert loss(checker, truth, True).gradient > 4 * loss(checker, truth, weights=soft).gradient


def test_flat_pictures_and_empty_masks_give_finite_gradients():
    prediction = torch.zeros(2, 8, 8, requires_grad=True)
    wanted = targets(torch.zeros(2, 8, 8))
    mask = wanted.mask.clone()
    mask[1] = False
    wanted = replace(wanted, mask=mask)
    parts = depth_and_class_loss(prediction, torch.zeros(2, 4, 8, 8), wanted, LossWeights())
    parts.total.backward()
    assert parts.total.isfinite()
    assert prediction.grad.isfinite().all()
