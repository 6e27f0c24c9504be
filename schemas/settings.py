"""The settings of a run: each with its meaning, its default and its limits, and nowhere else.

They are checked when they are made: a wrong one is a UsageError at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from schemas.choices import Device, DType
from schemas.errors import UsageError
from schemas.execution_settings import StageLimits
from schemas.export_settings import PreviewSettings
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_limits, setting_field

MAX_LIMIT = 1_000_000_000  # more photos than anyone has, and a number that every database takes
# What can be chosen is registered in the packages above, which are not imported here.
_MODELS: Lazy[ChoiceSource] = Lazy("sharp_core.models.registry", "MODELS")
_STORABLE: Lazy[ChoiceSource] = Lazy("sharp_core.formats.registry", "STORABLE")
_QUALITIES: Lazy[ChoiceSource] = Lazy("sharp_core.formats.registry", "QUALITIES")
_STORED_QUALITY: Lazy[Callable[[str, str | None], str | None]] = Lazy(
    "sharp_core.formats.registry", "stored_quality"
)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which predictor, and how it runs."""

    model: Annotated[
        str,
        Setting("Which model.", key="name", variable="SHARP_BATCH_MODEL", choices=_MODELS),
    ] = "sharp"
    checkpoint: Annotated[
        Path | None, Setting("File with the model's weights.", example="sharp.pt")
    ] = None
    preset: Annotated[
        str | None,
        Setting("Sizes of the model's network; else its usual ones.", example="tiny"),
    ] = None
    device: Annotated[Device, Setting("Where the predictor runs; auto takes the fastest.")] = (
        Device.AUTO
    )
    dtype: Annotated[DType, Setting("Number format of the predictor; auto is safe and fast.")] = (
        DType.AUTO
    )
    compiled: Annotated[
        bool,
        Setting(
            "Compile the network with torch.compile: minutes at the start, less for each photo.",
            option="--compile",
            key="compile",
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class SplatSettings:
    """How scenes are stored. Raises UsageError for a quality that the format does not have."""

    format: Annotated[str, Setting("How scenes are stored.", choices=_STORABLE)] = "sog"
    # None becomes 'default', or stays None for formats that have no quality to choose.
    quality: Annotated[
        str | None,
        Setting(
            "How finely scenes are stored; else 'default'.", example="high", choices=_QUALITIES
        ),
    ] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", _STORED_QUALITY.get()(self.format, self.quality))


@dataclass(frozen=True, slots=True)
class PhotoSettings:
    """Which photos become scenes, and with which focal length."""

    focal_35mm: Annotated[
        float | None,
        Setting(
            "35 mm equivalent focal length, in place of what the photos say.",
            minimum=2,
            maximum=2000,
            metavar="MM",
            old_names=("focal_mm",),
            example=28,
        ),
    ] = None
    forget_focal: Annotated[
        bool,
        Setting("Take back focal lengths that were set: what the photos say counts again."),
    ] = False
    allow_small: Annotated[bool, Setting("Take images under 256 px too.")] = False
    allow_wide: Annotated[bool, Setting("Take panoramas wider than 2.5 : 1 too.")] = False
    full_raw: Annotated[bool, Setting("Develop camera RAW files instead of their previews.")] = (
        False
    )
    photo_depth: Annotated[
        bool,
        Setting(
            "Correct a scene's size by the depth that some phones store.",
            help_off="Ignore the depth that some phones store.",
            old_names=("own_depth",),
        ),
    ] = True

    def __post_init__(self) -> None:
        field = setting_field(PhotoSettings, "focal_35mm")
        least, most = field.setting.minimum or 0, field.setting.maximum or 0
        if self.focal_35mm is not None and not least <= self.focal_35mm <= most:
            raise UsageError(
                f"{field.option} {self.focal_35mm:g} is no usable focal length",
                f"Give the 35 mm equivalent in millimetres, between {least} and {most}.",
            )
        if self.focal_35mm is not None and self.forget_focal:
            raise UsageError(
                f"{field.option} sets what --forget-focal takes back", "Give one of the two."
            )


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """All settings of one ingest run."""

    model: ModelSettings = ModelSettings()
    photo: PhotoSettings = PhotoSettings()
    splat: SplatSettings = field(default_factory=SplatSettings)
    exclude: Annotated[
        tuple[str, ...],
        Setting(
            "Leave out paths or names of this pattern, as in '*_edited*'.", example=["*_edited*"]
        ),
    ] = ()
    include: Annotated[
        tuple[str, ...],
        Setting(
            "Take only paths or names of this pattern, as in '*/2019/*'.", example=["*/2019/*"]
        ),
    ] = ()  # none: every photo
    batch_size: Annotated[
        int | None,
        Setting("Photos predicted together; else what suits the device.", minimum=1, example=4),
    ] = None
    limit: Annotated[
        int | None,
        Setting("Make at most this many scenes.", minimum=1, maximum=MAX_LIMIT, example=5000),
    ] = None
    retry_failed: Annotated[bool, Setting("Try photos again that failed before.")] = False
    previews: PreviewSettings | None = None
    limits: StageLimits = field(default_factory=StageLimits)

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit must be at least 1", "Leave it out to take every photo.")
        check_limits(self)

    def as_dict(self) -> dict[str, object]:
        """Return the settings as plain values, for reports."""
        values = asdict(self)
        checkpoint = self.model.checkpoint
        values["model"]["checkpoint"] = str(checkpoint) if checkpoint is not None else None
        return values


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """How thoroughly a library is verified."""

    quick: Annotated[bool, Setting("Check sizes only, not contents.")] = False
    sample: Annotated[
        int | None,
        Setting("Check this many scenes, those first whose last check is longest ago.", minimum=1),
    ] = None  # all
    repair: Annotated[bool, Setting("Have the photos of damaged or missing scenes made again.")] = (
        False
    )

    def __post_init__(self) -> None:
        if self.sample is not None and self.sample < 1:
            raise UsageError("--sample must be at least 1", "Leave it out to check every scene.")
