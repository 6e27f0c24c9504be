"""The settings of a run: each with its meaning, its default and its limits, and nowhere else.

They are checked when they are made: a wrong one is a UsageError at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from schemas.errors import UsageError
from schemas.registry import Lazy
from schemas.setting import ChoiceSource, Setting, check_limits, described_field

MAX_LIMIT = 1_000_000_000  # more photos than anyone has, and a number that every database takes
# The mean distance of adult eyes (N. A. Dodgson, "Variation and extrema of human interpupillary
# distance", SPIE 5291, 2004).
EYE_DISTANCE_MM = 63.0
# Range of disparity from the nearest to the farthest object, as a share of the width. 3 % is about
# one degree on a television, and a baseline of 1/30 of the nearest distance.
MAX_DISPARITY = 0.03
CLIP_SECONDS = 2.0
# What can be chosen is registered in the packages above, which are not imported here.
_MODELS: Lazy[ChoiceSource] = Lazy("sharp_core.models.registry", "MODELS")
_STORABLE: Lazy[ChoiceSource] = Lazy("sharp_core.formats.registry", "STORABLE")
_QUALITIES: Lazy[ChoiceSource] = Lazy("sharp_core.formats.registry", "QUALITIES")
_EXPORT_KINDS: Lazy[ChoiceSource] = Lazy("pipeline.exports.registry", "KINDS")
_STORED_QUALITY: Lazy[Callable[[str, str | None], str | None]] = Lazy(
    "sharp_core.formats.registry", "stored_quality"
)

SCENE_LIMIT_S = 900.0  # for a stored scene to become something else, such as its previews


class Trajectory(StrEnum):
    """The shape of a clip's camera path."""

    SWIPE = "swipe"  # from left to right
    SHAKE = "shake"  # left and right, then up and down
    ROTATE = "rotate"  # a circle in the image plane of the photo's camera
    ROTATE_FORWARD = "rotate_forward"  # left and right, with a step forward and back


class Device(StrEnum):
    """Where the predictor runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class RenderDevice(StrEnum):
    """Where scenes are rendered."""

    AUTO = "auto"  # the GPU where one can be used
    CPU = "cpu"
    CUDA = "cuda"


class DType(StrEnum):
    """The number format of the predictor."""

    AUTO = "auto"  # bf16 if the device supports it, otherwise fp32
    FP32 = "fp32"  # float32 throughout
    TF32 = "tf32"  # float32; CUDA rounds the inputs of matrix products to 10 bits
    BF16 = "bf16"  # bfloat16 with sums in float32; the last layers in float32
    FP16 = "fp16"  # float16 likewise; overflows above 65504


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
        field = described_field(PhotoSettings, "focal_35mm")
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


class PreviewKind(StrEnum):
    """What a preview is."""

    CLIP = "clip"  # MP4 that loops
    WEBP = "webp"
    GIF = "gif"
    DEPTH = "depth"  # MP4 of depths in colours
    STILL = "still"  # PNG


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """Which previews of a scene are made, and how.

    The ids of previews are made of these fields, their names and their order.
    """

    kinds: Annotated[
        tuple[PreviewKind, ...],
        Setting("What to make; can be given several times.", option="--kind"),
    ] = (PreviewKind.CLIP,)
    trajectory: Annotated[Trajectory, Setting("How the eye of a clip moves.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip.", minimum=0.1, maximum=60)] = CLIP_SECONDS
    long_side: Annotated[
        int | None,
        Setting(
            "Pixels of the long side; else what suits the format.",
            option="--width",
            key="width",
            minimum=16,
            example=640,
        ),
    ] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of preview")
        check_limits(self)


class ImageFormat(StrEnum):
    """How flat stereo pictures are stored."""

    JPEG = "jpeg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Which files are made of a scene, how they look, and what they are called."""

    kinds: Annotated[
        tuple[str, ...],
        Setting(
            "What to make; can be given several times.",
            choices=_EXPORT_KINDS,
            option="--kind",
            example=["spatial-heic"],
        ),
    ]
    name: Annotated[
        str,
        Setting(
            "Template of names, over a record's fields (see query) and stem, folder, taken "
            "and camera: '{taken:%Y/%m}/{stem}_{camera}'."
        ),
    ] = "{stem}"
    long_side: Annotated[
        int,
        Setting(
            "Pixels of the long side of an eye and of a depth map, never above the photo's.",
            option="--width",
            key="width",
            minimum=16,
        ),
    ] = 2048
    clip_long_side: Annotated[
        int | None,
        Setting(
            "Pixels of a clip's long side; else what suits the format.",
            option="--clip-width",
            key="clip_width",
            minimum=16,
            example=960,
        ),
    ] = None
    image_format: Annotated[
        ImageFormat, Setting("Format of flat stereo images, as sbs and anaglyph.")
    ] = ImageFormat.JPEG
    baseline_mm: Annotated[
        float, Setting("Distance of the eyes; smaller for scenes that come too near.")
    ] = EYE_DISTANCE_MM
    converge_m: Annotated[
        float | None,
        Setting("Distance of the screen; else the nearest object of each scene.", example=2.5),
    ] = None
    max_disparity: Annotated[
        float, Setting("Largest range of disparity, as a share of the picture's width.")
    ] = MAX_DISPARITY
    trajectory: Annotated[Trajectory, Setting("How the eye of a clip moves.")] = (
        Trajectory.ROTATE_FORWARD
    )
    seconds: Annotated[float, Setting("Length of a clip.", minimum=0.1, maximum=60)] = CLIP_SECONDS
    views: Annotated[int, Setting("Views of a wiggle, 2 to 6.", minimum=2, maximum=6)] = 4
    strip_gps: Annotated[bool, Setting("Leave out where photos were taken.")] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of export")
        check_limits(self)


@dataclass(frozen=True, slots=True)
class StageLimits:
    """How long each stage may take for one photo, in seconds."""

    decode_s: float = 180.0
    predict_s: float = 1800.0  # a CPU takes minutes, a slow one many
    encode_s: float = 900.0  # previews included

    def __post_init__(self) -> None:
        if min(self.decode_s, self.predict_s, self.encode_s) < 1:
            raise UsageError("--timeout must be at least 1 second")


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
    limits: StageLimits = StageLimits()

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
