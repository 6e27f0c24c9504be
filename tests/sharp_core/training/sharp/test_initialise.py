import pytest
import torch

from schemas.errors import WeightsDamagedError
from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.training.sharp.initialise import (
    fresh_network,
    network_from_depth_pro,
    network_from_sharp,
)
from tests.support import stand_in

TINY = PRESETS["tiny"]
PREFIX = "monodepth_model.monodepth_predictor."


def depth_pro_checkpoint() -> dict[str, torch.Tensor]:
    """A checkpoint with the names of Depth Pro, as large as the tiny network."""
    weights = {
        name.removeprefix(PREFIX): tensor
        for name, tensor in stand_in.weights("tiny").items()
        if name.startswith(PREFIX) and "_encoder.head." not in name
    }
    weights["head.4.weight"] = weights["head.4.weight"][:1]
    weights["head.4.bias"] = weights["head.4.bias"][:1]
    weights["fov.head.0.weight"] = torch.zeros(3)
    return weights


def test_a_fresh_network_predicts_base_gaussians_of_a_wall_at_two_metres():
    network = fresh_network(TINY, seed=1).eval()
    assert all(torch.isfinite(p).all() for p in network.parameters())
    with torch.inference_mode():
        stages = network.stages(
            torch.rand(1, 3, 512, 512), torch.tensor([0.8]), torch.full((1, 1, 512, 512), 3.0)
        )
    assert (stages.deltas == 0).all()
    assert (stages.scale_map == 1).all()
    assert torch.equal(stages.adjusted_depth, stages.predicted_depth)
    assert stages.predicted_depth.median().item() == pytest.approx(2.0, abs=0.5)
    assert stages.predicted_depth.max() < 10  # no pixel is dead


def test_a_seed_makes_the_same_network_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    one = fresh_network(TINY, seed=1).state_dict()
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), after)
    same, other = (fresh_network(TINY, seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    name = "feature_model.fusion.out_conv.weight"
    assert not torch.equal(one[name], other[name])


def test_a_checkpoint_of_sharp_starts_as_it_is_and_can_train(tmp_path):
    weights = stand_in.weights("tiny")
    torch.save(weights, tmp_path / "sharp.pt")
    network = network_from_sharp(tmp_path / "sharp.pt", TINY)
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    assert all(p.requires_grad for p in network.parameters())
    with torch.no_grad():  # the weights are a copy, not pages of the file
        network.prediction_head.geometry_prediction_head.bias.add_(1.0)


def test_depth_pro_gives_encoder_and_depth_and_its_last_convolution_twice(tmp_path):
    published = depth_pro_checkpoint()
    torch.save(published, tmp_path / "depth_pro.pt")
    network = network_from_depth_pro(tmp_path / "depth_pro.pt", TINY)
    weights = network.state_dict()
    for name, tensor in published.items():
        if name.startswith("fov."):
            continue
        expected = torch.cat((tensor, tensor)) if name.startswith("head.4.") else tensor
        assert torch.equal(weights[PREFIX + name], expected), name
    with torch.inference_mode():
        stages = network.eval().stages(torch.rand(1, 3, 512, 512), torch.tensor([0.8]))
    assert torch.equal(stages.predicted_depth[:, 0], stages.predicted_depth[:, 1])
    assert (stages.deltas == 0).all()


def test_files_that_are_something_else_are_named(tmp_path):
    torch.save(stand_in.weights("tiny"), tmp_path / "sharp.pt")
    with pytest.raises(WeightsDamagedError, match=r"sharp\.pt is not a checkpoint of Depth Pro"):
        network_from_depth_pro(tmp_path / "sharp.pt", TINY)
    published = depth_pro_checkpoint()
    del published["encoder.fuse_lowres.weight"]
    torch.save(published, tmp_path / "depth_pro.pt")
    with pytest.raises(WeightsDamagedError, match="fuse_lowres"):
        network_from_depth_pro(tmp_path / "depth_pro.pt", TINY)
