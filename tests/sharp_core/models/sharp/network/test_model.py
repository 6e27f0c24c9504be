"""The whole network: parity with recordings of the published one, stage by stage."""

from dataclasses import replace

import pytest
import torch

from sharp_core.models.sharp.network.config import PRESETS, NetworkConfig
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.sharp.network.weights import load_network
from tests.support import stand_in
from tests.support.network_recordings import compare


def tiny_network(salt: str = "dev") -> SharpNetwork:
    with torch.device("meta"):
        network = SharpNetwork(PRESETS["tiny"])
    network.load_state_dict(stand_in.weights("tiny", salt), assign=True)
    return network.eval()


@pytest.mark.parametrize(("preset", "table"), [("sharp", "full"), ("tiny", "tiny")])
def test_parameters_have_the_published_names_and_shapes(preset, table):
    with torch.device("meta"):
        network = SharpNetwork(PRESETS[preset])
    found = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert found == stand_in.shapes(table)


def test_every_stage_matches_its_recording():
    for stage in compare(tiny_network(), "tiny", "dev"):
        assert stage.error < stage.allowed, stage.name


def test_every_stage_matches_where_depths_are_clamped():
    # Rounding grows where disparity is next to nothing: covariances of this recording are 1.2e-5
    # from those computed in float64.
    for stage in compare(tiny_network("wide"), "tiny_wide", "wide", allowed=2e-5):
        assert stage.error < stage.allowed, stage.name


@pytest.mark.slow
def test_every_stage_of_the_full_network_matches_its_recording(tmp_path):
    torch.save(stand_in.weights("full"), tmp_path / "full.pt")
    network = load_network(tmp_path / "full.pt", PRESETS["sharp"])
    for stage in compare(network, "full", "dev", allowed=1e-4):
        assert stage.error < stage.allowed, stage.name


def test_photos_of_a_batch_are_independent():
    network = tiny_network()
    torch.manual_seed(0)
    # Of very different depth: nothing of one photo may reach another.
    images = torch.rand(2, 3, 512, 512) * torch.tensor([1.0, 0.2]).view(2, 1, 1, 1)
    factors = torch.tensor([0.5, 4.0])
    with torch.inference_mode():
        together = network(images, factors)
        for i in range(2):
            alone = network(images[i : i + 1], factors[i : i + 1])
            for name in alone._fields:
                torch.testing.assert_close(
                    getattr(together, name)[i], getattr(alone, name)[0], rtol=1e-4, atol=1e-5
                )


def test_another_transformer_size_works():
    tiny = PRESETS["tiny"]
    config: NetworkConfig = replace(tiny, vit=replace(tiny.vit, image_size=256))
    torch.manual_seed(0)
    network = SharpNetwork(config).requires_grad_(False).eval()
    for parameter in network.parameters():
        parameter.normal_(std=0.05)
    with torch.inference_mode():
        ndc = network(torch.rand(1, 3, 1024, 1024), torch.tensor([1.0]))
    assert ndc.means.shape == (1, config.gaussians, 3) == (1, 524_288, 3)
    assert torch.isfinite(ndc.means).all()


def test_true_depth_goes_through_the_adjustment_network():
    network = tiny_network()
    adjusted = []
    network.depth_alignment.register_forward_hook(lambda _, inputs, out: adjusted.append(out))
    image, factor = torch.rand(1, 3, 512, 512), torch.tensor([1.0])
    network.depth_alignment.scale_map_estimator.conv_out.weight.data.zero_()
    network.depth_alignment.scale_map_estimator.conv_out.bias.data.fill_(0.6931472)
    with torch.inference_mode():
        plain = network(image, factor)
        scaled = network(image, factor, torch.full((1, 1, 512, 512), 2.0))
    assert len(adjusted) == 1
    torch.testing.assert_close(scaled.means, 2 * plain.means, rtol=1e-4, atol=1e-4)


def test_gradients_reach_every_parameter_that_is_used():
    network = tiny_network().requires_grad_(True)
    ndc = network(torch.rand(1, 3, 512, 512), torch.tensor([1.0]), torch.ones(1, 1, 512, 512))
    sum(value.square().mean() for value in ndc).backward()
    without = {name for name, p in network.named_parameters() if p.grad is None}
    unused = {name for name in without if ".head." in name and "_encoder." in name}
    unused |= {name for name in without if ".fusions.4.resnet1." in name}
    assert without == unused
