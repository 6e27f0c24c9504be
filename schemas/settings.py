"""The settings of a run, checked when they are made: a wrong one is a UsageError at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from schemas.errors import UsageError


class ModelName(StrEnum):
    """The predictors. Order: the better scene first."""

    SHARP = "sharp"
    PRIOR = "prior"


class SplatFormat(StrEnum):
    """How a scene is stored."""

    SOG = "sog"
    SPZ = "spz"
    PLY = "ply"


class SogQuality(StrEnum):
    """How finely a SOG stores a scene."""

    SMALL = "small"
    DEFAULT = "default"
    HIGH = "high"
    MAX = "max"


class TrajectoryName(StrEnum):
    """How the eye of a clip moves."""

    SWIPE = "swipe"
    SHAKE = "shake"
    ROTATE = "rotate"
    ROTATE_FORWARD = "rotate_forward"


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
    """The number format the predictor works in."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Preset(StrEnum):
    """The sizes of the network 'sharp'; its checkpoint must have the same."""

    SHARP = "sharp"  # as published
    TINY = "tiny"  # small enough for tests


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which predictor, and how it runs."""

    model: ModelName = ModelName.SHARP
    checkpoint: str | None = None
    preset: Preset = Preset.SHARP
    device: Device = Device.AUTO
    dtype: DType = DType.AUTO
    compiled: bool = False  # by torch.compile: minutes at the first batch, less for each photo


@dataclass(frozen=True, slots=True)
class SplatSettings:
    """How scenes are stored. Raises UsageError where only a SOG could be told the quality."""

    format: SplatFormat = SplatFormat.SOG
    quality: SogQuality | None = None  # of a SOG: None means DEFAULT there

    def __post_init__(self) -> None:
        if self.format is SplatFormat.SOG:
            object.__setattr__(self, "quality", self.quality or SogQuality.DEFAULT)
        elif self.quality is not None:
            raise UsageError(
                f"--quality is for sog, and {self.format} has only one",
                "Leave --quality away, or choose --format sog.",
            )


@dataclass(frozen=True, slots=True)
class PhotoSettings:
    """What becomes a scene, and with which focal length."""

    focal_35mm: float | None = None  # 35 mm equivalent, in place of the photos' own
    allow_small: bool = False
    allow_wide: bool = False
    full_raw: bool = False  # develop camera RAW instead of taking its embedded preview
    photo_depth: bool = True  # correct a scene's size by the depth that the photo carries itself

    def __post_init__(self) -> None:
        if self.focal_35mm is not None and not 2.0 <= self.focal_35mm <= 2000.0:
            raise UsageError(
                f"--focal-mm {self.focal_35mm:g} is no usable focal length",
                "Give the 35 mm equivalent in millimetres, between 2 and 2000.",
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
    """Which previews of a scene are made, and how."""

    kinds: tuple[PreviewKind, ...] = (PreviewKind.CLIP,)
    trajectory: TrajectoryName = TrajectoryName.ROTATE_FORWARD
    seconds: float = 2.0
    long_side: int | None = None  # pixels; None: what suits the format

    def __post_init__(self) -> None:
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of preview")
        if not 0.1 <= self.seconds <= 60:
            raise UsageError("--seconds must be between 0.1 and 60")
        if self.long_side is not None and self.long_side < 16:
            raise UsageError("--width must be at least 16 pixels")


class ImageFormat(StrEnum):
    """How flat stereo pictures are stored."""

    JPEG = "jpeg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Which files are made of a scene, how they look, and what they are called."""

    kinds: tuple[str, ...]
    name: str = "{stem}"  # a template over a record's fields
    long_side: int = 2048  # pixels of an eye, of a depth map; never above the photo's
    clip_long_side: int | None = None  # None: what suits the format
    image_format: ImageFormat = ImageFormat.JPEG
    baseline_mm: float = 63.0
    converge_m: float | None = None
    max_disparity: float = 0.03
    trajectory: TrajectoryName = TrajectoryName.ROTATE_FORWARD
    seconds: float = 2.0
    views: int = 4  # of a wiggle
    strip_gps: bool = False

    def __post_init__(self) -> None:
        if not self.kinds:
            raise UsageError("--kind: name at least one kind of export")
        if self.long_side < 16 or (self.clip_long_side or 16) < 16:
            raise UsageError("--width and --clip-width must be at least 16 pixels")
        if not 0.1 <= self.seconds <= 60:
            raise UsageError("--seconds must be between 0.1 and 60")
        if not 2 <= self.views <= 6:
            raise UsageError("--views must be between 2 and 6")


# How long one stored scene may take to become something else, such as its previews.
SCENE_LIMIT_S = 900.0


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
    splat: SplatSettings = SplatSettings()
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()  # none: every photo
    batch_size: int | None = None  # None: what suits the device
    limit: int | None = None
    retry_failed: bool = False
    previews: PreviewSettings | None = None
    limits: StageLimits = StageLimits()

    def __post_init__(self) -> None:
        if self.batch_size is not None and self.batch_size < 1:
            raise UsageError("--batch-size must be at least 1")
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit must be at least 1", "Leave it away to take every photo.")

    def as_dict(self) -> dict[str, object]:
        """Return the settings as plain values, for reports."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """How thoroughly a library is verified."""

    quick: bool = False  # sizes, no contents
    sample: int | None = None  # scenes; None: all
    repair: bool = False

    def __post_init__(self) -> None:
        if self.sample is not None and self.sample < 1:
            raise UsageError("--sample must be at least 1", "Leave it away to check every scene.")
