"""Which weights train: 339,797,231 of the published network's 702 million.

The rule is that of arXiv 2512.10685, section 3.2: image transformer, depth decoder, Gaussian
decoder and depth adjustment train; the patch transformer and layer norms keep their weights.
"""

from __future__ import annotations

from torch import nn

from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.models.sharp.network.vit import VisionTransformer


def freeze(
    network: SharpNetwork,
    *,
    patch_encoder: bool = True,
    depth: bool = False,
    alignment: bool = False,
) -> None:
    """Let everything train but what the rule and these switches freeze.

    `patch_encoder` is the patch transformer with what it alone feeds: no graph of its 35 passes is
    kept. `depth` is the whole depth network, `alignment` the depth adjustment: both are ablations.
    """
    network.requires_grad_(True)
    disparity = network.monodepth_model.monodepth_predictor
    encoder = disparity.encoder
    _freeze_norms_and_head(encoder.image_encoder)
    encoder.patch_encoder.head.requires_grad_(False)  # not used
    if patch_encoder:
        for module in (
            encoder.patch_encoder,
            encoder.upsample_latent0,
            encoder.upsample_latent1,
            encoder.upsample0,
            encoder.upsample1,
            encoder.upsample2,
        ):
            module.requires_grad_(False)
    if depth:
        disparity.requires_grad_(False)
    if alignment:
        network.depth_alignment.requires_grad_(False)


def trainable_count(network: nn.Module) -> int:
    """Return the number of weights that train."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def _freeze_norms_and_head(transformer: VisionTransformer) -> None:
    transformer.head.requires_grad_(False)
    for module in transformer.modules():
        if isinstance(module, nn.LayerNorm):
            module.requires_grad_(False)
