"""EfficientNet-Lite0 without its classifier: a photo in, features at five strides out."""

import torch
from torch import Tensor, nn

from sharp_core.models.small.config import SmallConfig, Stage

# The ImageNet weights were trained with this epsilon; another one would change the features.
BATCH_NORM_EPS = 1e-3
# Pictures per step are few on a CPU, so statistics move slowly.
BATCH_NORM_MOMENTUM = 0.02


def conv_norm(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return a convolution without bias and its batch normalisation.

    Padding is symmetric, unlike TensorFlow's "SAME": features move by at most half a step,
    which the decoder learns, and no copy is made for padding.
    """
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM)
    return nn.Sequential(conv, norm)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; add the input where the shape is kept."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        hidden = inputs * stage.expansion
        self.expand = conv_norm(inputs, hidden, 1) if stage.expansion > 1 else None
        self.depthwise = conv_norm(hidden, hidden, stage.kernel, stride=stride, groups=hidden)
        self.project = conv_norm(hidden, stage.channels, 1)
        self.activation = nn.ReLU6(inplace=True)
        self.residual = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, H, W) to (B, C_out, H / stride, W / stride)."""
        y = x if self.expand is None else self.activation(self.expand(x))
        y = self.activation(self.depthwise(y))
        y = self.project(y)
        return torch.add(x, y) if self.residual else y


class Encoder(nn.Module):
    """Stem and stages; keeps the last features of each stride."""

    def __init__(self, config: SmallConfig) -> None:
        super().__init__()
        self.stem = conv_norm(3, config.stem_channels, 3, stride=2)
        self.activation = nn.ReLU6(inplace=True)
        self.stages = nn.ModuleList()
        self.feature_channels: list[int] = [config.stem_channels]
        strides = [2]
        channels = config.stem_channels
        for stage in config.stages:
            self.stages.append(_build_stage(channels, stage))
            channels = stage.channels
            strides.append(strides[-1] * stage.stride)
            self.feature_channels.append(channels)
        # A feature is kept where the next stage has a larger stride, and the stem for edges.
        self.kept = [0] + [
            i
            for i in range(1, len(strides))
            if i + 1 == len(strides) or strides[i + 1] > strides[i]
        ]

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map a normalised picture (B, 3, H, W) to features, finest first.

        With the default sizes these are 32 and 16 channels at stride 2, then 24, 40, 112 and
        320 channels at strides 4, 8, 16 and 32.
        """
        x = self.activation(self.stem(x))  # (B, 32, H/2, W/2)
        features = [x]
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return [features[i] for i in self.kept]

    @property
    def kept_channels(self) -> list[int]:
        """Return the channels of each tensor that `forward` returns."""
        return [self.feature_channels[i] for i in self.kept]


def _build_stage(inputs: int, stage: Stage) -> nn.Sequential:
    blocks = [InvertedResidual(inputs, stage, stage.stride)]
    blocks += [InvertedResidual(stage.channels, stage, 1) for _ in range(stage.blocks - 1)]
    return nn.Sequential(*blocks)
