"""The configuration of `nightly`: what a night does, as tables of a TOML file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from jobs.commands.filter_options import make_filters
from jobs.nightly.config_file import read_config
from jobs.runs.deadline import deadline_of
from pipeline.catalog.query import Filters
from pipeline.store.root import LibraryRoot
from schemas.errors import UsageError
from schemas.settings import (
    Device,
    DType,
    ExportSettings,
    ImageFormat,
    IngestSettings,
    ModelName,
    ModelSettings,
    PhotoSettings,
    PreviewKind,
    PreviewSettings,
    SogQuality,
    SplatFormat,
    SplatSettings,
    TrajectoryName,
    VerifySettings,
)


class AfterError(StrEnum):
    """What a night does when one of its steps ends with an error."""

    CONTINUE = "continue"
    STOP = "stop"


class ReportWhen(StrEnum):
    """When a report is sent."""

    ALWAYS = "always"
    CHANGES = "changes"  # also after problems
    PROBLEMS = "problems"


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of photos, or a photo."""

    path: Path
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """The predictor and where it runs."""

    name: ModelName = ModelName.SHARP
    checkpoint: Path | None = None
    device: Device = Device.AUTO
    dtype: DType = DType.AUTO
    batch_size: int | None = None
    address: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Scenes:
    """What becomes a scene, and how it is stored."""

    format: SplatFormat = SplatFormat.SOG
    quality: SogQuality | None = None
    focal_mm: float | None = None
    allow_small: bool = False
    allow_wide: bool = False
    full_raw: bool = False
    photo_depth: bool = True

    def __post_init__(self) -> None:
        self.photo()
        self.splat()

    def splat(self) -> SplatSettings:
        """Return the settings. Raises UsageError."""
        return SplatSettings(self.format, self.quality)

    def photo(self) -> PhotoSettings:
        """Return the settings. Raises UsageError."""
        return PhotoSettings(
            self.focal_mm, self.allow_small, self.allow_wide, self.full_raw, self.photo_depth
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters, as the options of `query`."""

    model: str | None = None
    camera: str | None = None
    lens: str | None = None
    after: str | None = None
    before: str | None = None
    near: str | None = None
    path: str | None = None
    where: str | None = None
    order: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        self.filters()

    def filters(self) -> Filters:
        """Return the filters. Raises UsageError."""
        return make_filters(
            model=self.model,
            camera=self.camera,
            lens=self.lens,
            after=self.after,
            before=self.before,
            near=self.near,
            path=self.path,
            where=self.where,
            order=self.order,
            limit=self.limit,
        )


@dataclass(frozen=True, slots=True)
class Previews:
    """Clips and stills."""

    kinds: tuple[PreviewKind, ...] = (PreviewKind.CLIP,)
    trajectory: TrajectoryName = TrajectoryName.ROTATE_FORWARD
    seconds: float = 2.0
    width: int | None = None
    query: Selection = Selection()

    def __post_init__(self) -> None:
        self.settings()

    def settings(self) -> PreviewSettings:
        """Return the settings. Raises UsageError."""
        kinds = tuple(dict.fromkeys(self.kinds))
        return PreviewSettings(kinds, self.trajectory, self.seconds, self.width)


@dataclass(frozen=True, slots=True)
class Export:
    """Files for a folder of one's own, as the options of `export`."""

    kinds: tuple[str, ...]
    to: Path
    name: str = "{stem}"
    width: int = 2048
    clip_width: int | None = None
    image_format: ImageFormat = ImageFormat.JPEG
    baseline_mm: float = 63.0
    converge_m: float | None = None
    max_disparity: float = 0.03
    trajectory: TrajectoryName = TrajectoryName.ROTATE_FORWARD
    seconds: float = 2.0
    views: int = 4
    strip_gps: bool = False
    query: Selection = Selection()

    def __post_init__(self) -> None:
        self.settings()

    def settings(self) -> ExportSettings:
        """Return the settings. Raises UsageError."""
        return ExportSettings(
            tuple(dict.fromkeys(self.kinds)),
            self.name,
            self.width,
            self.clip_width,
            self.image_format,
            self.baseline_mm,
            self.converge_m,
            self.max_disparity,
            self.trajectory,
            self.seconds,
            self.views,
            self.strip_gps,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """When a night begins, for its unit, and when it ends."""

    start: str = "01:00"
    until: str | None = None
    max_hours: float | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.start):
            raise UsageError(f"start {self.start!r} is no time of day", "Write it as in 01:30.")
        self.deadline()

    def deadline(self) -> datetime | None:
        """Return when a night that begins now ends. Raises UsageError."""
        return deadline_of(self.until, self.max_hours)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a night may use up."""

    photos: int | None = None  # scenes of one night
    free_gb: float = 1.0  # of disk; with less, no scene is made

    def __post_init__(self) -> None:
        if self.photos is not None and self.photos < 1:
            raise UsageError("photos must be at least 1", "Leave it away to take every photo.")
        if not self.free_gb >= 0:
            raise UsageError("free_gb must not be negative")


@dataclass(frozen=True, slots=True)
class Retries:
    """What is tried again."""

    failed: bool = False  # every photo that failed before


@dataclass(frozen=True, slots=True)
class Check:
    """How many old scenes a night verifies, and what of damaged ones."""

    sample: int = 200  # 0: none
    repair: bool = True

    def __post_init__(self) -> None:
        self.settings()

    def settings(self) -> VerifySettings | None:
        """Return the settings, None where nothing is checked. Raises UsageError."""
        return VerifySettings(sample=self.sample, repair=self.repair) if self.sample else None


@dataclass(frozen=True, slots=True)
class Gc:
    """Whether what is no longer needed is removed."""

    enabled: bool = False
    keep_superseded: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Who is told how a night went."""

    folder: Path | None = None  # where the last report lies too
    webhook: str | None = None
    email_command: tuple[str, ...] = ()
    when: ReportWhen = ReportWhen.ALWAYS

    def __post_init__(self) -> None:
        if self.webhook is not None and not self.webhook.startswith(("https://", "http://")):
            raise UsageError(f"webhook {self.webhook!r} is no web address")


@dataclass(frozen=True, slots=True)
class NightlyConfig:
    """All of it."""

    library: LibraryRoot
    sources: tuple[Source, ...]
    catalog: str | None = None
    after_error: AfterError = AfterError.CONTINUE
    model: Model = Model()
    scenes: Scenes = Scenes()
    previews: Previews | None = None
    exports: tuple[Export, ...] = ()
    window: Window = Window()
    limits: Limits = Limits()
    retries: Retries = Retries()
    verify: Check = Check()
    gc: Gc = Gc()
    report: Report = Report()

    def model_settings(self) -> ModelSettings:
        """Return the settings of the predictor."""
        model = self.model
        checkpoint = str(model.checkpoint) if model.checkpoint else None
        return ModelSettings(model.name, checkpoint, device=model.device, dtype=model.dtype)

    def ingests(self) -> list[tuple[list[Path], IngestSettings]]:
        """Return the runs of a night: sources with the same patterns are one."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Path]] = {}
        for source in self.sources:
            groups.setdefault((source.include, source.exclude), []).append(source.path)
        return [
            (
                paths,
                IngestSettings(
                    model=self.model_settings(),
                    photo=self.scenes.photo(),
                    splat=self.scenes.splat(),
                    exclude=exclude,
                    include=include,
                    batch_size=self.model.batch_size,
                    limit=self.limits.photos,
                    retry_failed=self.retries.failed,
                ),
            )
            for (include, exclude), paths in groups.items()
        ]


def load_config(path: Path) -> NightlyConfig:
    """Read and check a configuration. Raises UsageError, naming file, line and key."""
    config, place = read_config(path, NightlyConfig)
    if not config.sources:
        raise place.inner("sources").error("name at least one source")
    config.ingests()
    return config


EXAMPLE = """\
# What 'sharp-batch nightly --config nightly.toml' does. Paths are relative to this file.

library = "sharp-library"          # or "s3://bucket/photos"
# catalog = "postgresql+psycopg://me@host/photos"   # else SQLite, in the library
# after_error = "stop"             # else the next steps are taken all the same

[[sources]]                        # one such table for each folder
path = "~/Photos"
# include = ["*/2019/*"]           # only these paths or names
exclude = ["*_edited*", "*/Trash/*"]

[model]
name = "sharp"                     # or "prior", which needs no weights
# checkpoint = "sharp.pt"
# device = "cuda"                  # auto, cpu, cuda, mps
# dtype = "bf16"                   # auto, fp32, bf16, fp16
# batch_size = 4
# address = "auto"                 # of a running Ray cluster
# inline = true                    # without Ray

[scenes]
# format = "sog"                   # sog, spz, ply
# quality = "high"                 # small, default, high, max: of a SOG
# focal_mm = 28                    # 35 mm equivalent, in place of what the photos say
# allow_small = true
# allow_wide = true
# full_raw = true
# photo_depth = false

[window]
start = "01:00"                    # for --print-unit
until = "06:30"                    # no photo is begun later
# max_hours = 5

[limits]
# photos = 5000                    # scenes of one night
free_gb = 20                       # with less room on the disk no scene is made

[retries]
failed = false                     # true: try all photos again that failed before

[previews]                         # leave the table away to make none
kinds = ["clip"]                   # clip, webp, gif, depth, still
# trajectory = "swipe"             # swipe, shake, rotate, rotate_forward
# seconds = 2.0
# width = 640
# query = { after = "2015", camera = "iphone" }    # filters as those of 'query'

# [[exports]]                      # one such table for each folder
# kinds = ["spatial-heic"]         # as --kind of 'export', and so the other keys
# to = "~/3D"
# name = "{taken:%Y/%m}/{stem}"
# strip_gps = true
# query = { after = "2020" }

[verify]
sample = 200                       # old scenes checked each night, longest unchecked first
repair = true                      # damaged ones are made again the next night

[gc]
enabled = false                    # true: remove files that the catalog does not know
keep_superseded = true             # false: also scenes that better ones have replaced

[report]                           # each is kept in the library's folder runs
# folder = "/var/www/photos"       # the last one lies there too, as nightly.html, .md and .json
# webhook = "https://example.org/hook"             # gets the JSON
# email_command = ["mail", "-s", "{subject}", "me@example.org"]     # gets the page
when = "always"                    # or "changes", or "problems"
"""
