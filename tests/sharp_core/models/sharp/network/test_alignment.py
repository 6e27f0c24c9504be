import numpy as np
import torch

from sharp_core.models.sharp.network.alignment import DepthAlignment
from tests.support import stand_in


def alignment_network():
    prefix = "depth_alignment."
    weights = {
        name.removeprefix(prefix): tensor
        for name, tensor in stand_in.weights("tiny").items()
        if name.startswith(prefix)
    }
    network = DepthAlignment()
    network.load_state_dict(weights)
    return network


def test_the_scale_map_matches_the_recording():
    recorded = np.load(stand_in.NETWORK_DATA / "alignment.npz")
    predicted, true, expected = (
        torch.from_numpy(recorded[name])[None, None]
        for name in ("predicted_depth", "true_depth", "scale_map")
    )
    with torch.inference_mode():
        found = alignment_network()(predicted, true)
    assert torch.linalg.vector_norm(found - expected) < 1e-5 * torch.linalg.vector_norm(expected)


def test_without_training_the_scale_map_is_one():
    network = alignment_network()
    torch.nn.init.zeros_(network.scale_map_estimator.conv_out.weight)
    torch.nn.init.zeros_(network.scale_map_estimator.conv_out.bias)
    depth = 1.0 + torch.rand(1, 1, 32, 48)
    with torch.inference_mode():
        assert torch.equal(network(depth, 2 * depth), torch.ones(1, 1, 32, 48))


def test_depths_of_zero_give_finite_values():
    depth = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        assert torch.isfinite(alignment_network()(depth, torch.zeros_like(depth))).all()
