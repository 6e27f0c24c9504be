"""All settings of a training run of SHARP, as frozen dataclasses, and the two presets.

The numbers of the preset `sharp` are those of arXiv 2512.10685, where it has one; each of the
others says "not in the paper".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from schemas.errors import UsageError
from schemas.setting_fields import Setting, check_limits
from schemas.training_settings import Ablation, Start, TrainDType, TrainPreset
from sharp_core.models.sharp.network.config import PRESETS, NetworkConfig
from sharp_core.training.sharp.losses.weights import LossConstants, LossWeights
from sharp_core.training.sharp.schedule import CosineSchedule

_BF16_REASON = (
    "bf16 was unstable where the paper tried it (arXiv 2512.10685, appendix A.4), so training is "
    "in fp32"
)


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """Adam and its learning rate."""

    rate: Annotated[float, Setting("", minimum=0)] = 1.6e-4
    last_rate: Annotated[float, Setting("", minimum=0)] = 1.6e-5
    warm_up_share: Annotated[float, Setting("", minimum=0, maximum=1)] = 0.1
    beta1: Annotated[float, Setting("", minimum=0, maximum=0.9999)] = 0.9  # not in the paper
    beta2: Annotated[float, Setting("", minimum=0, maximum=0.999999)] = 0.999  # not in the paper
    clip: Annotated[float, Setting("", minimum=1e-6)] = (
        1.0  # largest norm of all gradients together; not in the paper
    )
    average: Annotated[float, Setting("", minimum=0, maximum=1)] = (
        0.999  # decay of the weights' average, which is what is stored; not in the paper
    )


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """What trades memory for time."""

    keep_perceptual_graph: bool = False  # False: the graph surgery of appendix A.4
    recompute: bool = False  # gradient checkpointing of transformer blocks and decoders
    train_patch_encoder: bool = False  # the paper keeps it frozen: then no graph of it exists


@dataclass(frozen=True, slots=True)
class PseudoViewSettings:
    """Stage 2: from where the teacher renders the picture that the student sees.

    None of it is in the paper. The published previews move 0.08 of the near depth sideways.
    """

    largest_shift_m: Annotated[float, Setting("", minimum=0)] = 0.5
    lateral_amplitudes: Annotated[float, Setting("", minimum=0)] = (
        2.0  # times the previews' lateral amplitude
    )
    largest_forward_m: Annotated[float, Setting("", minimum=0)] = 0.25
    forward_share: Annotated[float, Setting("", minimum=0, maximum=1)] = 0.15  # of the near depth
    smallest_alpha: Annotated[float, Setting("", minimum=0, maximum=1)] = (
        0.9  # a pixel below it is a hole
    )
    largest_holes: Annotated[float, Setting("", minimum=0, maximum=1)] = (
        0.05  # share of pixels; a view with more is rejected
    )
    tries: Annotated[int, Setting("", minimum=1)] = (
        4  # each half as far from the photo as the one before
    )
    teacher_depth: bool = True  # the teacher's depth is the true depth of scale map and losses


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """How often a run reports, in steps."""

    log_every: Annotated[int, Setting("", minimum=1)] = 10
    picture_every: Annotated[int, Setting("", minimum=1)] = 1000
    save_every: Annotated[int, Setting("", minimum=1)] = 500
    pictures: Annotated[int, Setting("", minimum=1)] = 3  # held-out pairs that become pictures
    tensorboard: bool = True  # where the package tensorboard is installed


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """A training run. Raises UsageError for settings that make no sense together."""

    preset: TrainPreset = TrainPreset.SHARP
    steps: Annotated[int, Setting("", minimum=1)] = 100_000
    stage: Annotated[int, Setting("", minimum=1, maximum=2)] = 1
    start: Start = Start.FRESH
    weights: Path | None = None
    resnet: Path | None = None
    ablation: tuple[Ablation, ...] = ()
    batch: Annotated[int, Setting("", minimum=1)] = 1  # pairs a step and worker; not in the paper
    dtype: TrainDType = TrainDType.FP32
    allow_bf16: bool = False
    seed: Annotated[int, Setting("", minimum=0)] = 0
    render_side: Annotated[int | None, Setting("", minimum=16)] = (
        None  # pixels of the losses' views; None: half the network's. Not in the paper
    )
    flip: Annotated[float, Setting("", minimum=0, maximum=1)] = 0.5  # mirrored; not in the paper
    loaders: Annotated[int, Setting("", minimum=0)] = 1  # processes that make pairs ahead
    linear_color: bool = False  # colour loss in linear light, not sRGB; not in the paper
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    losses: LossWeights = field(default_factory=LossWeights)
    constants: LossConstants = field(default_factory=LossConstants)
    pseudo_view: PseudoViewSettings = field(default_factory=PseudoViewSettings)
    reports: ReportSettings = field(default_factory=ReportSettings)

    def __post_init__(self) -> None:
        check_limits(self)
        if self.dtype is TrainDType.BF16 and not self.allow_bf16:
            raise UsageError(_BF16_REASON, "To try it all the same, add --allow-bf16.")
        if self.start is not Start.FRESH and self.weights is None:
            raise UsageError(
                f"--start {self.start} needs a checkpoint", "Name its file with --weights."
            )
        if self.start is Start.FRESH and self.weights is not None:
            raise UsageError(
                "--weights is given, and training starts fresh",
                "Add --start sharp or --start depth-pro: what kind of checkpoint it is.",
            )
        if self.stage == 2 and self.start is not Start.SHARP:
            raise UsageError(
                "stage 2 starts from a trained model, which is its teacher too",
                "Add --start sharp --weights FILE: the weights of stage 1, or the published ones.",
            )
        if self.weighted.perceptual > 0 and self.resnet is None:
            raise UsageError(
                "the perceptual loss needs the weights of ResNet-50",
                "Give torchvision's with --resnet FILE "
                "(https://download.pytorch.org/models/resnet50-11ad3fa6.pth), or leave the loss "
                "out with --ablation no-perceptual.",
            )

    @property
    def network(self) -> NetworkConfig:
        """The sizes of the network."""
        return PRESETS[self.preset.value]

    @property
    def side(self) -> int:
        """Pixels of the longer side of rendered views."""
        return self.render_side or self.network.resolution // 2

    @property
    def schedule(self) -> CosineSchedule:
        """The learning rate of each step."""
        chosen = self.optimizer
        return CosineSchedule(self.steps, chosen.rate, chosen.last_rate, chosen.warm_up_share)

    @property
    def weighted(self) -> LossWeights:
        """The weights of the losses, without those that ablations leave out."""
        left_out = {
            Ablation.NO_PERCEPTUAL: ("perceptual",),
            Ablation.NO_DEPTH_LOSS: ("depth",),
            Ablation.NO_REGULARIZERS: ("tv", "grad", "delta", "splat"),
            Ablation.NO_SCALE_MAP: ("scale", "scale_gradient"),
            Ablation.ONE_LAYER: ("tv",),
        }
        return self.losses.without(*(n for kind in self.ablation for n in left_out.get(kind, ())))

    @property
    def gram(self) -> float:
        """The weight of Gram matrices in the perceptual loss."""
        return 0.0 if Ablation.NO_GRAM in self.ablation else self.constants.gram

    @property
    def uses_scale_map(self) -> bool:
        """Whether depth is adjusted with the truth."""
        return Ablation.NO_SCALE_MAP not in self.ablation

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for reports and to compare runs."""
        return plain_values(asdict(self))


def plain_values(values: dict[str, object]) -> dict[str, object]:
    """Return values as JSON has them."""
    plain: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            plain[name] = plain_values(value)
        elif isinstance(value, Path):
            plain[name] = str(value)
        else:
            plain[name] = list(value) if isinstance(value, tuple) else value
    return plain


def preset_settings(
    preset: TrainPreset, stage: int = 1, *, has_resnet: bool = False
) -> dict[str, Any]:
    """Return the values of `TrainingSettings` that a preset gives, beside the defaults.

    The preset tiny has a perceptual loss only if weights for it are there.
    """
    if preset is TrainPreset.SHARP:
        return {"preset": preset, "stage": stage, "steps": 100_000 if stage == 1 else 60_000}
    # For trials, not in the paper: a network without trained weights learns little at its rates.
    rate = 2e-3 if stage == 1 else 2e-4
    return {
        "preset": preset,
        "stage": stage,
        "steps": 200,
        "render_side": 192,
        "losses": LossWeights() if has_resnet else LossWeights().without("perceptual"),
        "optimizer": OptimizerSettings(rate=rate, last_rate=rate / 10, average=0.9),
        "reports": ReportSettings(log_every=1, picture_every=25, save_every=25),
    }
