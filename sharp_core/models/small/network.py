"""The `small` network: a photo's pixels to relative inverse depth and classes.

    photo (B, 3, H, W), sRGB in [0, 1]
      -> encoder: features at strides 2, 4, 8, 16, 32
      -> decoder: (B, 32, H/2, W/2)
      -> inverse depth (B, 1, H/2, W/2), class logits (B, 4, H/2, W/2)

Nothing here is metric: inverse depth is about 0 at the photo's far end (its 2nd percentile),
about 1 at its near end (98th), up to a scale and a shift that differ from photo to photo.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sharp_core.models.small.config import STRIDE, SmallConfig
from sharp_core.models.small.decoder import Decoder
from sharp_core.models.small.encoder import Encoder

# EfficientNet-Lite's own input scaling, (byte - 127) / 128, for pixels in [0, 1].
PIXEL_MEAN = 127.0 / 255.0
PIXEL_DEVIATION = 128.0 / 255.0


class SmallOutput(NamedTuple):
    """What the network says of each cell of 2 x 2 pixels."""

    inverse_depth: Tensor
    """(B, 1, H/2, W/2): relative, larger is nearer; any real number."""
    class_logits: Tensor
    """(B, 4, H/2, W/2): sky, ground, person, other (`config.CLASS_NAMES`), before softmax."""


class SmallNetwork(nn.Module):
    """Encoder, decoder and one head for both outputs."""

    def __init__(self, config: SmallConfig | None = None) -> None:
        super().__init__()
        self.config = config or SmallConfig()
        self.encoder = Encoder(self.config)
        self.decoder = Decoder(self.config, self.encoder.kept_channels)
        hidden = self.config.head_channels
        self.head = nn.Sequential(
            nn.Conv2d(self.config.decoder_channels[0], hidden, 3, padding=1),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, 1 + self.config.classes, 1),
        )

    def forward(self, photo: Tensor) -> SmallOutput:
        """Map sRGB in [0, 1], (B, 3, H, W), to outputs at half the size.

        H and W must be multiples of 32; any aspect will do.
        """
        height, width = photo.shape[-2:]
        if photo.ndim != 4 or photo.shape[1] != 3 or height % STRIDE or width % STRIDE:
            raise ValueError(
                f"photo: expected (B, 3, H, W) with H and W multiples of {STRIDE}, "
                f"found {tuple(photo.shape)}; resize to `config.input_size` first"
            )
        decoded = self.decoder(self.encoder((photo - PIXEL_MEAN) / PIXEL_DEVIATION))
        both = self.head(decoded).float()  # (B, 1 + 4, H/2, W/2)
        return SmallOutput(both[:, :1], both[:, 1:])


def fold_batch_norms(network: SmallNetwork) -> SmallNetwork:
    """Merge each batch normalisation into the convolution before it, in place.

    For inference only: the network is put into evaluation mode and its outputs change by
    rounding alone.
    """
    network.eval()
    with torch.no_grad():
        for module in list(network.modules()):
            if isinstance(module, nn.Sequential) and len(module) == 2:
                conv, norm = module
                if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    module[0] = fuse_conv_bn_eval(conv, norm)
                    module[1] = nn.Identity()
    return network
