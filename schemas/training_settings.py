"""The settings of SHARP's training that people choose often: each with its meaning and limits.

Everything else, such as weights of losses, is a key of a training configuration
(`sharp_core/training/sharp/settings.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from schemas.choices import Device
from schemas.setting_fields import Setting, check_limits


class TrainPreset(StrEnum):
    """The size of the network, and settings that suit it."""

    TINY = "tiny"  # for trials on any machine
    SHARP = "sharp"  # the published size, and the paper's settings


class Start(StrEnum):
    """Which weights training begins with."""

    FRESH = "fresh"  # random ones
    DEPTH_PRO = "depth-pro"  # encoder and depth decoder of a checkpoint of Depth Pro
    SHARP = "sharp"  # all of a checkpoint of SHARP, published or trained here


class Ablation(StrEnum):
    """Parts of the method to leave out, as in the paper's tables 8, 10, 11 and 13."""

    NO_PERCEPTUAL = "no-perceptual"
    NO_GRAM = "no-gram"
    NO_DEPTH_LOSS = "no-depth-loss"
    NO_REGULARIZERS = "no-regularizers"  # tv, grad, delta, splat
    NO_SCALE_MAP = "no-scale-map"
    FROZEN_DEPTH = "frozen-depth"
    ONE_LAYER = "one-layer"  # not in the paper's tables


class TrainDType(StrEnum):
    """The number format of the network in training; losses and rendering are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True)
class TrainChoices:
    """What a command line may say in place of a configuration; None: as configured."""

    preset: Annotated[
        TrainPreset | None,
        Setting(
            "'tiny' for trials on any machine, 'sharp' for the published size and the paper's "
            "settings; default: tiny."
        ),
    ] = None
    steps: Annotated[
        int | None,
        Setting("Length of the run in steps; default: depends on preset and stage.", minimum=1),
    ] = None
    stage: Annotated[
        int | None,
        Setting(
            "1: pairs of posed pictures with depth. 2: photos alone, by self-supervision. "
            "Default: 1.",
            minimum=1,
            maximum=2,
        ),
    ] = None
    start: Annotated[
        Start | None,
        Setting("Weights to begin with; all but 'fresh' need --weights. Default: fresh."),
    ] = None
    weights: Annotated[
        Path | None, Setting("Checkpoint to begin with: of Depth Pro, or of SHARP.")
    ] = None
    resnet: Annotated[
        Path | None,
        Setting(
            "ResNet-50 of torchvision (a state dict) for the perceptual loss; without it the "
            "preset tiny leaves that loss out."
        ),
    ] = None
    ablation: Annotated[
        tuple[Ablation, ...], Setting("Part of the method to leave out; repeat for several.")
    ] = ()
    batch: Annotated[
        int | None, Setting("Pairs a step, for each worker; default: 1.", minimum=1)
    ] = None
    dtype: Annotated[TrainDType | None, Setting("Number format of the network; default: fp32.")] = (
        None
    )
    allow_bf16: Annotated[bool, Setting("Train in bf16 although the paper found it unstable.")] = (
        False
    )
    seed: Annotated[int | None, Setting("Seed of weights and data; default: 0.", minimum=0)] = None
    device: Annotated[Device, Setting("Device to train on; auto selects the best.")] = Device.AUTO

    def __post_init__(self) -> None:
        check_limits(self)
