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
from schemas.photo_limits import MAX_LIMIT, SMALLEST_SIDE_PX, WIDEST_ASPECT
from schemas.registry import Lazy
from schemas.setting_fields import ChoiceSource, Setting, check_limits

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
        Setting(
            "Model to predict with.", key="name", variable="SHARP_BATCH_MODEL", choices=_MODELS
        ),
    ] = "sharp"
    checkpoint: Annotated[
        Path | None,
        Setting(
            "File with the model's weights; default: the downloaded or bundled ones.",
            example="sharp.pt",
        ),
    ] = None
    preset: Annotated[
        str | None,
        Setting("Network size preset; default: the standard one.", example="tiny"),
    ] = None
    device: Annotated[Device, Setting("Device of the predictor; auto selects the fastest.")] = (
        Device.AUTO
    )
    dtype: Annotated[
        DType, Setting("Number format of the predictor; auto selects the fastest safe one.")
    ] = DType.AUTO
    compiled: Annotated[
        bool,
        Setting(
            "Compile the network with torch.compile: slower to start, faster for each photo.",
            option="--compile",
            key="compile",
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class SplatSettings:
    """How scenes are stored. Raises UsageError for a quality that the format does not have."""

    format: Annotated[str, Setting("Format in which scenes are stored.", choices=_STORABLE)] = "sog"
    # None becomes 'default', or stays None for formats that have no quality to choose.
    quality: Annotated[
        str | None,
        Setting("Quality preset ({choices}).", example="high", choices=_QUALITIES),
    ] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", _STORED_QUALITY.get()(self.format, self.quality))


@dataclass(frozen=True, slots=True)
class PhotoSettings:
    """Which photos become scenes, and with which focal length."""

    focal_35mm: Annotated[
        float | None,
        Setting(
            "35 mm equivalent focal length; overrides the photos' metadata.",
            minimum=2,
            maximum=2000,
            hint="Give the 35 mm equivalent in millimetres.",
            metavar="MM",
            old_names=("focal_mm",),
            example=28,
        ),
    ] = None
    forget_focal: Annotated[
        bool,
        Setting(
            "Remove focal lengths set earlier and use the photos' metadata again.", is_lasting=False
        ),
    ] = False
    allow_small: Annotated[bool, Setting(f"Include images smaller than {SMALLEST_SIDE_PX} px.")] = (
        False
    )
    allow_wide: Annotated[bool, Setting(f"Include panoramas wider than {WIDEST_ASPECT:g}:1.")] = (
        False
    )
    allow_360: Annotated[
        bool, Setting("Include 360° panoramas, each as a scene to look around in.")
    ] = False
    full_raw: Annotated[
        bool, Setting("Develop camera RAW files instead of using their embedded previews.")
    ] = False
    photo_depth: Annotated[
        bool,
        Setting(
            "Scale the scene with the phone's depth map.",
            help_off="Do not scale the scene with the phone's depth map.",
            old_names=("own_depth",),
        ),
    ] = True

    def __post_init__(self) -> None:
        check_limits(self)
        if self.focal_35mm is not None and self.forget_focal:
            raise UsageError(
                "--focal-35mm sets a focal length, and --forget-focal removes it",
                "Give one of the two.",
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
            "Exclude paths or names that match this pattern, such as '*_edited*'.",
            example=["*_edited*"],
        ),
    ] = ()
    include: Annotated[
        tuple[str, ...],
        Setting(
            "Include only paths or names that match this pattern, such as '*/2019/*'.",
            example=["*/2019/*"],
        ),
    ] = ()  # none: every photo
    batch_size: Annotated[
        int | None,
        Setting("Photos predicted together; default: depends on the device.", minimum=1, example=4),
    ] = None
    limit: Annotated[
        int | None,
        Setting(
            "Maximum number of scenes to make.",
            minimum=1,
            maximum=MAX_LIMIT,
            hint="Omit it to include every photo.",
            example=5000,
        ),
    ] = None
    retry_failed: Annotated[bool, Setting("Retry photos that failed before.")] = False
    one_per_group: Annotated[
        bool,
        Setting(
            "Make one scene of each burst, bracket, RAW with JPEG, photo with edits, and series of "
            "nearly equal photos. Default: make that one first, and the others last."
        ),
    ] = False
    previews: PreviewSettings | None = None
    limits: StageLimits = field(default_factory=StageLimits)

    def __post_init__(self) -> None:
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

    quick: Annotated[bool, Setting("Check only the sizes of files, not their contents.")] = False
    sample: Annotated[
        int | None,
        Setting(
            "Number of scenes to check, those with the oldest check first; default: all.",
            minimum=1,
            hint="Omit it to check every scene.",
        ),
    ] = None  # all
    repair: Annotated[bool, Setting("Mark photos of damaged or missing scenes as due.")] = False

    def __post_init__(self) -> None:
        check_limits(self)
