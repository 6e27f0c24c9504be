import torch

from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.training.sharp.freeze import freeze, trainable_count
from sharp_core.training.sharp.initialise import fresh_network
from tests.support.perceptual import count_kept_numbers


def full_size() -> SharpNetwork:
    with torch.device("meta"):
        return SharpNetwork(PRESETS["sharp"])


def test_as_many_weights_train_as_the_rule_says():
    network = full_size()
    freeze(network)
    assert trainable_count(network) == 339_797_231
    assert sum(p.numel() for p in network.parameters()) - trainable_count(network) == 362_507_938


def test_switches_freeze_more_or_less():
    network = full_size()
    freeze(network, patch_encoder=False)
    assert trainable_count(network) > 600_000_000
    freeze(network, depth=True)
    names = {name.split(".")[0] for name, p in network.named_parameters() if p.requires_grad}
    assert names == {"feature_model", "prediction_head", "depth_alignment"}
    freeze(network, alignment=True)
    assert not any(p.requires_grad for p in network.depth_alignment.parameters())


def test_frozen_weights_stay_and_the_others_move_and_patches_keep_no_graph():
    network = fresh_network(PRESETS["tiny"])
    freeze(network)
    encoder = network.monodepth_model.monodepth_predictor.encoder
    patch_features = []
    encoder.patch_encoder.register_forward_hook(lambda _, inputs, out: patch_features.append(out))
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    with count_kept_numbers() as kept:
        stages = network.stages(
            torch.rand(1, 3, 512, 512), torch.tensor([0.8]), torch.full((1, 1, 512, 512), 3.0)
        )
        frozen = kept()
    sum(value.square().mean() for value in stages.gaussians).backward()
    optimizer.step()
    assert patch_features
    assert not any(maps.last.requires_grad for maps in patch_features)
    moved = {name for name, p in network.named_parameters() if not torch.equal(p, before[name])}
    trainable = {name for name, p in network.named_parameters() if p.requires_grad}
    assert moved <= trainable
    # Not the Gaussian decoder yet: what follows it starts at zero.
    assert {name.split(".")[0] for name in moved} == {
        "monodepth_model",
        "prediction_head",
        "depth_alignment",
    }
    del stages
    freeze(network, patch_encoder=False)
    with count_kept_numbers() as kept:
        stages = network.stages(
            torch.rand(1, 3, 512, 512), torch.tensor([0.8]), torch.full((1, 1, 512, 512), 3.0)
        )
        assert stages.predicted_depth.requires_grad
        assert kept() > frozen + 35 * 64 * 4 * 64 * 10  # ten maps of each patch and block
