"""Gradient checkpointing: parts of the network compute their activations again in backward."""

from __future__ import annotations

from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from sharp_core.models.sharp.network.blocks import FusionDecoder
from sharp_core.models.sharp.network.model import SharpNetwork


def recompute_activations(network: SharpNetwork) -> None:
    """Make transformer blocks, both decoders and both heads keep their inputs alone.

    Names of parameters stay. Single fusion blocks could not do this: they overwrite their inputs,
    so only a whole decoder, which makes them itself, is computed again.
    """
    encoder = network.monodepth_model.monodepth_predictor.encoder
    gaussians = network.feature_model
    parts: list[nn.Module] = [
        *encoder.image_encoder.blocks,
        *encoder.patch_encoder.blocks,
        network.monodepth_model.monodepth_predictor.decoder,
        gaussians.decoder,
        gaussians.texture_head,
        gaussians.geometry_head,
    ]
    assert all(isinstance(part, FusionDecoder) for part in (parts[-4], parts[-3]))
    for part in parts:
        # An attribute of the instance: a wrapping module would change names in checkpoints.
        part.forward = partial(checkpoint, part.forward, use_reentrant=False)
