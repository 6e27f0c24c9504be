"""Where training starts: fresh weights, a checkpoint of Depth Pro, or one of SHARP."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from schemas.errors import WeightsDamagedError
from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.sharp.network.vit import LayerScale, VisionTransformer
from sharp_core.models.sharp.network.weights import check_names_and_shapes, read_weights

_DEPTH_PREFIX = "monodepth_model.monodepth_predictor."
_LAST_DEPTH = _DEPTH_PREFIX + "head.4."
# Depth Pro's own head for the field of view, which SHARP does not have.
_FIELD_OF_VIEW = "fov."
# First gains of residual branches: arXiv 2103.17239, table 1, by the number of blocks.
_DEEP = 18
_SHALLOW_GAIN, _DEEP_GAIN = 0.1, 1e-5
_EMBEDDING_DEVIATION = 0.02  # of vision transformers (arXiv 2010.11929)
# First disparity of a network that has learned nothing, not in the paper: a wall 2 m away for a
# focal length of 0.8 widths. At 0 a ReLU would keep half of the pixels without any gradient.
_FIRST_DISPARITY = 0.4
_FIRST_DISPARITY_GAIN = 0.1
# The last channel of the texture head: the opacity, last of its attributes, of the last layer.
_HIDDEN_OPACITY = -1
_TRANSPARENT_LOGIT = 20.0  # an opacity of 2e-9, which renderers skip


def fresh_network(config: NetworkConfig, seed: int = 0) -> SharpNetwork:
    """Return a network with PyTorch's random weights, deltas of zero and a scale map of one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SharpNetwork(config)
        for module in network.modules():
            if isinstance(module, VisionTransformer):
                nn.init.zeros_(module.cls_token)
                nn.init.trunc_normal_(module.pos_embed, std=_EMBEDDING_DEVIATION)
            if isinstance(module, LayerScale):
                gain = _SHALLOW_GAIN if config.vit.depth <= _DEEP else _DEEP_GAIN
                nn.init.constant_(module.gamma, gain)
    last = network.monodepth_model.monodepth_predictor.last
    assert isinstance(last, nn.Conv2d)
    with torch.no_grad():
        last.weight.mul_(_FIRST_DISPARITY_GAIN)
    assert last.bias is not None
    nn.init.constant_(last.bias, _FIRST_DISPARITY)
    for output in (
        network.prediction_head.geometry_prediction_head,
        network.prediction_head.texture_prediction_head,
        network.depth_alignment.scale_map_estimator.conv_out,
    ):
        nn.init.zeros_(output.weight)
        assert output.bias is not None
        nn.init.zeros_(output.bias)
    return network


def network_from_sharp(path: Path, config: NetworkConfig) -> SharpNetwork:
    """Return a network with the weights of a checkpoint of SHARP. Raises WeightsDamagedError."""
    network = SharpNetwork(config)
    weights = read_weights(path)
    check_names_and_shapes(path, network.state_dict(), weights)
    network.load_state_dict(weights)
    return network


def network_from_depth_pro(path: Path, config: NetworkConfig, seed: int = 0) -> SharpNetwork:
    """Return a network whose encoder and depth decoder are those of a checkpoint of Depth Pro.

    Its last convolution, which gives one disparity, is doubled: both layers start with the same.
    All else is fresh. Raises WeightsDamagedError.
    """
    network = fresh_network(config, seed)
    expected = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name.startswith(_DEPTH_PREFIX)
    }
    found = {
        _DEPTH_PREFIX + name: tensor
        for name, tensor in read_weights(path).items()
        if not name.startswith(_FIELD_OF_VIEW)
    }
    for name in (_LAST_DEPTH + "weight", _LAST_DEPTH + "bias"):
        found[name] = _doubled(path, name, found.get(name))
    for name, tensor in expected.items():
        if ".head." in name and "_encoder." in name:  # classifiers, which nothing uses
            found.setdefault(name, tensor)
    check_names_and_shapes(path, expected, found)
    network.load_state_dict({**network.state_dict(), **found})
    return network


def hide_second_layer(network: SharpNetwork) -> None:
    """Make the Gaussians of the hidden layer transparent for good, for a network of one layer.

    Their opacity is beyond the reach of gradients, so checkpoints render the same elsewhere.
    """
    head = network.prediction_head.texture_prediction_head
    assert head.bias is not None
    with torch.no_grad():
        head.weight[_HIDDEN_OPACITY] = 0.0
        head.bias[_HIDDEN_OPACITY] = -_TRANSPARENT_LOGIT


def _doubled(path: Path, name: str, tensor: Tensor | None) -> Tensor:
    if tensor is None or tensor.shape[0] != 1:
        shape = "none" if tensor is None else tuple(tensor.shape)
        raise WeightsDamagedError(
            f"{path} is not a checkpoint of Depth Pro: its last convolution "
            f"({name.removeprefix(_DEPTH_PREFIX)}) should have one channel, found {shape}"
        )
    return torch.cat((tensor, tensor))
