"""The settings of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from schemas.choices import DatasetSplit, LengthUnit, PictureKind, StereoLayout
from schemas.errors import UsageError
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_choice, check_limits, setting_field

_METRICS: Lazy[ChoiceSource] = Lazy("sharp_core.evaluation.metrics.registry", "METRICS")
_DATASETS: Lazy[ChoiceSource] = Lazy("sharp_core.evaluation.datasets.registry", "DATASETS")


def _parse_folder(option: str, text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise UsageError(f"{option} {text} is not a folder")
    return folder


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """How rendered pictures are compared with the true ones."""

    metrics: Annotated[
        tuple[str, ...],
        Setting("Metric; repeat the option for several.", option="--metric", choices=_METRICS),
    ] = ("psnr", "ssim")
    vgg16: Annotated[
        Path | None,
        Setting(
            "VGG16 weights of torchvision, for lpips-vgg and dists; default: torch's cache.",
            metavar="FILE",
        ),
    ] = None
    alexnet: Annotated[
        Path | None,
        Setting(
            "AlexNet weights of torchvision, for lpips-alex; default: torch's cache.",
            metavar="FILE",
        ),
    ] = None

    def __post_init__(self) -> None:
        field = setting_field(type(self), "metrics")
        check_choice(field.setting, field.option, self.metrics)


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """What is evaluated beside, or in place of, the model."""

    splats: Annotated[
        Path | None,
        Setting(
            "Evaluate splat files of this folder instead of a model. They are named as the photos "
            "are, and lie in the camera frame of the photo.",
            metavar="DIR",
            parse=_parse_folder,
        ),
    ] = None
    name: Annotated[
        str | None,
        Setting("Name of the method in reports; default: the model's or the folder's name."),
    ] = None
    flat: Annotated[bool, Setting("Also evaluate the photo on a flat plane, for comparison.")] = (
        False
    )


@dataclass(frozen=True, slots=True)
class DatasetSettings:
    """Which pairs of a data set are evaluated."""

    dataset: Annotated[
        str | None,
        Setting("Data set of the folder; default: recognised by its files.", choices=_DATASETS),
    ] = None
    split: Annotated[
        DatasetSplit,
        Setting("Scenes to take, where the data set lists those for evaluation and training."),
    ] = DatasetSplit.EVALUATION
    pairs: Annotated[
        int, Setting("Maximum number of pairs of a data set.", minimum=1, maximum=1_000_000)
    ] = 512
    overlap: Annotated[
        float,
        Setting(
            "Share of the source that the target shows, at least; for multi-view data sets.",
            minimum=0,
            maximum=1,
        ),
    ] = 0.6
    seed: Annotated[int, Setting("Seed of the choice of pairs.", minimum=0)] = 0
    unit: Annotated[
        LengthUnit | None,
        Setting("Unit of the data set's distances, where it is not the usual one."),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True)
class StereoSettings:
    """What is known of stereo photos that do not say it themselves."""

    layout: Annotated[
        StereoLayout, Setting("How both eyes lie in one image; auto: as the file tells.")
    ] = StereoLayout.AUTO
    baseline_mm: Annotated[
        float | None,
        Setting(
            "Distance between the two cameras; overrides the files.",
            metavar="MM",
            minimum=0.1,
            maximum=10_000,
        ),
    ] = None
    focal_35mm: Annotated[
        float | None,
        Setting(
            "35 mm equivalent focal length of each eye; overrides the metadata of flat files.",
            metavar="MM",
            minimum=2,
            maximum=2000,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """All settings of one evaluation, beside those of the model."""

    metric: MetricSettings = field(default_factory=MetricSettings)
    method: MethodSettings = field(default_factory=MethodSettings)
    dataset: DatasetSettings = field(default_factory=DatasetSettings)
    stereo: StereoSettings = field(default_factory=StereoSettings)
    pictures: Annotated[
        PictureKind, Setting("Pictures for the HTML report; 'full' adds lossless PNG files.")
    ] = PictureKind.PREVIEW
