"""Sizes of the `small` depth network.

The encoder is EfficientNet-Lite0 (Tan and Le, arXiv 1905.11946; the Lite variant of the
TensorFlow TPU repository): inverted residuals with ReLU6, without squeeze-and-excitation.
"""

from dataclasses import dataclass

STRIDE = 32
"""Input height and width are multiples of this: the encoder halves them five times."""

OUTPUT_STRIDE = 2
"""The outputs have half the height and width of the input."""

SKY, GROUND, PERSON, OTHER = range(4)
"""Indices of the class logits."""

CLASS_NAMES = ("sky", "ground", "person", "other")


@dataclass(frozen=True)
class Stage:
    """One run of equal inverted-residual blocks; the first block has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


LITE0_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


@dataclass(frozen=True)
class SmallConfig:
    """All sizes of the network; the weights in the package belong to the defaults."""

    stem_channels: int = 32
    stages: tuple[Stage, ...] = LITE0_STAGES
    decoder_channels: tuple[int, int, int, int, int] = (32, 48, 72, 112, 144)
    """Decoder widths at strides 2, 4, 8, 16 and 32."""
    context_blocks: int = 2
    """Blocks with 5 x 5 kernels at stride 32, where one block sees 160 x 160 pixels."""
    head_channels: int = 24
    classes: int = len(CLASS_NAMES)


@dataclass(frozen=True)
class InputSize:
    """Height and width in pixels of what the network is given."""

    height: int
    width: int


def input_size(height: int, width: int, long_side: int = 384) -> InputSize:
    """Return the input size for a photo: its aspect, at multiples of 32.

    `height` and `width` are the photo's in pixels. The longer side becomes `long_side`
    (a multiple of 32); the shorter one is rounded to the nearest multiple of 32.
    """
    if long_side % STRIDE or long_side <= 0:
        raise ValueError(f"long_side: expected a positive multiple of {STRIDE}, found {long_side}")
    if height <= 0 or width <= 0:
        raise ValueError(f"photo size: expected positive, found {height} x {width}")
    short = long_side * min(height, width) / max(height, width)
    rounded = max(STRIDE, round(short / STRIDE) * STRIDE)
    return InputSize(rounded, long_side) if width >= height else InputSize(long_side, rounded)
