"""The losses together: each answers its own failure on the square before a wall."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.models.two_layer.base_gaussians import base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose, scale_delta
from sharp_core.training.sharp.losses.frustum import frustum_mask
from sharp_core.training.sharp.losses.perceptual import PerceptualLoss
from sharp_core.training.sharp.losses.weights import LossConstants, LossWeights
from sharp_core.training.sharp.objective import Objective
from sharp_core.training.sharp.prepare import PreparedPair, network_input, true_view
from tests.support.perceptual import SmallExtractor
from tests.support.training_scenes import camera_at, square_before_wall

SIDE = 64


def pair_at(x: float, y: float = 0.0, side: int = SIDE) -> PreparedPair:
    source, target = (square_before_wall(camera_at(*at, side=side)) for at in ((0.0, 0.0), (x, y)))
    return PreparedPair(
        network_input(source, side), true_view(source, side), true_view(target, side)
    )


def stages_of(
    pair: PreparedPair, depth: Tensor, deltas: Tensor, scale_map: Tensor | None = None
) -> NetworkStages:
    """What a network would return that predicts this depth (1, 2, R, R) and these deltas."""
    scale_map = torch.ones_like(depth[:, :1]) if scale_map is None else scale_map
    adjusted = depth * scale_map
    normalized = normalize_depth(adjusted)
    base = base_gaussians(pair.seen.image, normalized)
    scene = compose(base, deltas)
    return NetworkStages(scene, depth, scale_map, adjusted, normalized, base, deltas)


def no_deltas(side: int = SIDE) -> Tensor:
    return torch.zeros(1, DELTA_CHANNELS, 2, side // 2, side // 2)


def true_stages(pair: PreparedPair, deltas: Tensor | None = None) -> NetworkStages:
    """The right depth in both layers."""
    depth = pair.seen.true_depth.expand(-1, 2, -1, -1)
    return stages_of(pair, depth, no_deltas() if deltas is None else deltas)


def objective(**weights: float) -> Objective:
    torch.manual_seed(0)
    chosen = LossWeights(**weights) if weights else LossWeights()
    return Objective(chosen, LossConstants(), PerceptualLoss(SmallExtractor()))


def losses(stages: NetworkStages, pair: PreparedPair) -> dict[str, float]:
    return {name: float(loss) for name, loss in objective().losses(stages, pair).items()}


@pytest.fixture(scope="module")
def pair() -> PreparedPair:
    return pair_at(0.1)


@pytest.fixture(scope="module")
def right(pair: PreparedPair) -> dict[str, float]:
    return losses(true_stages(pair), pair)


def deltas_with(channels: slice, value: float, rows: slice = slice(None)) -> Tensor:
    deltas = no_deltas()
    deltas[:, channels, :, rows] = value
    return deltas


def test_the_true_depth_costs_nothing_where_there_is_a_true_value(right: dict[str, float]):
    assert right["depth"] == pytest.approx(0.0, abs=1e-7)
    for name in ("delta", "scale", "scale_gradient", "splat"):
        assert right[name] == 0.0, name
    assert set(right) == set(LossWeights.__dataclass_fields__)


def changed(name: str, found: dict[str, float], right: dict[str, float]) -> float:
    return found[name] - right[name]


def test_a_hole_costs_alpha(pair: PreparedPair, right: dict[str, float]):
    hole = deltas_with(slice(13, 14), -20.0, slice(12, 20))
    found = losses(true_stages(pair, hole), pair)
    assert changed("alpha", found, right) > 1.0
    for name in ("depth", "tv", "delta", "splat", "scale", "scale_gradient"):
        assert found[name] == pytest.approx(right[name]), name


def test_a_shifted_picture_costs_color(pair: PreparedPair, right: dict[str, float]):
    shifted = deltas_with(slice(0, 1), 120.0)  # 0.12 NDC, four pixels
    found = losses(true_stages(pair, shifted), pair)
    assert changed("color", found, right) > 0.05
    for name in ("depth", "tv", "delta", "scale", "scale_gradient"):
        assert found[name] == pytest.approx(right[name]), name


def test_wrong_depth_costs_depth_and_moves_the_scale_map(pair: PreparedPair):
    truth = pair.seen.true_depth
    scale_map = torch.ones(1, 1, SIDE, SIDE, requires_grad=True)
    stages = stages_of(pair, 1.5 * truth.expand(-1, 2, -1, -1), no_deltas(), scale_map)
    loss = objective().losses(stages, pair)["depth"]
    expected = (1 / truth - 1 / (1.5 * truth)).mean().item()
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert (scale_map.grad > 0).all()  # a smaller factor would be better


def test_noise_in_the_second_layer_alone_costs_tv(pair: PreparedPair, right: dict[str, float]):
    torch.manual_seed(1)
    truth = pair.seen.true_depth
    noise = truth * (1 + 0.2 * torch.rand_like(truth))
    hidden = losses(stages_of(pair, torch.cat((truth, noise), 1), no_deltas()), pair)
    visible = losses(stages_of(pair, torch.cat((noise, truth), 1), no_deltas()), pair)
    assert changed("tv", hidden, right) > 0.05
    # The first layer sets the unit of disparity, so it changes the loss by a common factor only.
    assert visible["tv"] < 1.5 * right["tv"]
    assert hidden["tv"] > 3 * right["tv"]


def test_what_is_opaque_on_an_edge_costs_grad(pair: PreparedPair, right: dict[str, float]):
    assert right["grad"] > 0.01  # the outline of the square
    transparent = losses(true_stages(pair, deltas_with(slice(13, 14), -20.0)), pair)
    assert transparent["grad"] < 1e-6
    plane = torch.full((1, 2, SIDE, SIDE), 3.0)
    assert losses(stages_of(pair, plane, no_deltas()), pair)["grad"] == 0.0


def test_blown_up_gaussians_cost_splat(pair: PreparedPair, right: dict[str, float]):
    large = deltas_with(slice(3, 6), float(scale_delta(8.0)))
    assert losses(true_stages(pair, large), pair)["splat"] > 50
    assert right["splat"] == 0.0


def test_offsets_beyond_their_bound_cost_delta(pair: PreparedPair):
    assert losses(true_stages(pair, deltas_with(slice(0, 1), 399.0)), pair)["delta"] == 0.0
    found = losses(true_stages(pair, deltas_with(slice(0, 1), 401.0)), pair)
    assert found["delta"] == pytest.approx(1.0)


def test_pixels_outside_of_the_view_do_not_count():
    pair = pair_at(0.5)
    mask = frustum_mask(pair.target.depth, pair.target.camera, pair.source.camera)
    assert 0.5 < mask.float().mean() < 0.9
    black = replace(pair.target, picture=torch.where(mask, pair.target.picture, 0.0))
    found = losses(true_stages(pair), replace(pair, target=black))
    assert found == pytest.approx(
        losses(true_stages(pair), pair),
        rel=5e-3,  # the extractor sees the rim of the mask
    )


def test_a_weight_of_zero_leaves_its_loss_out(pair: PreparedPair):
    chosen = replace(objective(), weights=LossWeights(perceptual=0.0, tv=0.0), perceptual=None)
    found = chosen.losses(true_stages(pair), pair)
    assert not {"perceptual", "tv"} & set(found)
    total = sum(getattr(chosen.weights, name) * loss for name, loss in found.items())
    assert float(chosen.total(found)) == pytest.approx(float(total))
