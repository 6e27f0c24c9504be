"""The configuration of `nightly`: what a night does, as tables of a TOML file.

The keys of models, scenes, previews and exports are the settings themselves, and those of a
`query` table the filters: a setting that is added there is a key here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from jobs.nightly.config_file import INLINE, read_config
from jobs.runs.deadline import deadline_of
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_filters import EVERY_PHOTO, PhotoFilters
from pipeline.store.root import DEFAULT_LIBRARY, LibraryRoot
from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings, RunnerSettings
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.monitoring_settings import HookSettings, MetricsSettings
from schemas.setting_fields import Setting, check_limits, setting_field
from schemas.settings import (
    IngestSettings,
    ModelSettings,
    PhotoSettings,
    SplatSettings,
    VerifySettings,
)


def _as(group: type, name: str, key: str | None = None) -> Setting:
    """Return what is known of a setting, for a key of another table."""
    return replace(setting_field(group, name).setting, key=key)


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
    """A folder of photos, or a photo. One table for each."""

    path: Annotated[Path, Setting("A folder of photos, or a photo.", example="~/Photos")]
    include: Annotated[tuple[str, ...], _as(IngestSettings, "include")] = ()
    exclude: Annotated[tuple[str, ...], _as(IngestSettings, "exclude")] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """The predictor and where it runs."""

    predictor: Annotated[ModelSettings, INLINE] = field(default_factory=ModelSettings)
    runner: Annotated[RunnerSettings, INLINE] = field(default_factory=RunnerSettings)
    batch_size: Annotated[int | None, _as(IngestSettings, "batch_size")] = None


@dataclass(frozen=True, slots=True)
class Scenes:
    """Which photos become scenes, and how scenes are stored."""

    splat: Annotated[SplatSettings, INLINE] = field(default_factory=SplatSettings)
    photo: Annotated[PhotoSettings, INLINE] = field(default_factory=PhotoSettings)
    one_per_group: Annotated[bool, _as(IngestSettings, "one_per_group")] = True
    query: PhotoFilters = EVERY_PHOTO


@dataclass(frozen=True, slots=True)
class Previews:
    """Clips and stills. Omit this table to make none."""

    settings: Annotated[PreviewSettings, INLINE] = field(default_factory=PreviewSettings)
    query: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Export:
    """Files in a folder of your own. One table for each folder."""

    settings: Annotated[ExportSettings, INLINE]
    to: Annotated[Path, Setting("Output folder.", example="~/3D")]
    query: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Window:
    """When a night begins and ends."""

    start: Annotated[str, Setting("When the night begins; used by --print-unit.")] = "01:00"
    end: Annotated[DeadlineSettings, INLINE] = field(default_factory=DeadlineSettings)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.start):
            raise UsageError(f"start {self.start!r} is not a time of day", "Write it like 01:30.")
        deadline_of(self.end)  # raises UsageError for a time that makes no sense


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a night."""

    photos: Annotated[int | None, _as(IngestSettings, "limit", key="photos")] = None
    free_gb: Annotated[
        float, Setting("Minimum free disk space; with less, no scenes are made.", minimum=0)
    ] = 1.0


@dataclass(frozen=True, slots=True)
class Retries:
    """What to retry."""

    failed: Annotated[bool, _as(IngestSettings, "retry_failed")] = False


@dataclass(frozen=True, slots=True)
class Verify:
    """Verification of old scenes each night."""

    sample: Annotated[
        int, Setting("Number of scenes, those with the oldest check first; 0 for none.", minimum=0)
    ] = 200
    repair: Annotated[bool, Setting("Make damaged scenes again the next night.")] = True

    def settings(self) -> VerifySettings | None:
        """Return the settings, None where nothing is checked."""
        return VerifySettings(sample=self.sample, repair=self.repair) if self.sample else None


@dataclass(frozen=True, slots=True)
class Gc:
    """Removal of files that are no longer needed."""

    enabled: Annotated[bool, Setting("Remove orphaned and incomplete files.")] = False
    keep_superseded: Annotated[bool, Setting("Keep scenes that a better scene has replaced.")] = (
        True
    )


@dataclass(frozen=True, slots=True)
class Report:
    """Where the report of a night is sent. All reports are kept in the library's folder runs."""

    folder: Annotated[
        Path | None,
        Setting("Folder for the last report: nightly.html, .md, .json.", example="/var/www/photos"),
    ] = None
    webhook: Annotated[
        str | None, Setting("Address that receives the JSON.", example="https://example.org/hook")
    ] = None
    email_command: Annotated[
        tuple[str, ...],
        Setting(
            "Command that receives the HTML.", example=["mail", "-s", "{subject}", "me@example.org"]
        ),
    ] = ()
    when: Annotated[ReportWhen, Setting("When the report is sent.")] = ReportWhen.ALWAYS

    def __post_init__(self) -> None:
        if self.webhook is not None and not self.webhook.startswith(("https://", "http://")):
            raise UsageError(f"webhook {self.webhook!r} is not a web address")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics for a monitoring system, in OpenMetrics format."""

    settings: Annotated[MetricsSettings, INLINE] = field(default_factory=MetricsSettings)
    port: Annotated[
        int | None,
        Setting(
            "Port of 127.0.0.1 at which the night serves them while it works.",
            minimum=1,
            maximum=65535,
            example=9464,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True)
class NightlyConfig:
    """All of it."""

    library: Annotated[
        LibraryRoot,
        Setting(
            'Folder of the library, or its address ("s3://bucket/photos").', example=DEFAULT_LIBRARY
        ),
    ]
    sources: tuple[Source, ...]
    catalog: Annotated[
        str | None,
        Setting(
            "Catalog in PostgreSQL; default: SQLite, in the library.",
            example="postgresql+psycopg://me@host/photos",
        ),
    ] = None
    after_error: Annotated[AfterError, Setting("What to do after an error in a step.")] = (
        AfterError.CONTINUE
    )
    model: Model = Model()
    scenes: Scenes = Scenes()
    previews: Previews | None = None
    exports: tuple[Export, ...] = ()
    window: Window = Window()
    limits: Limits = Limits()
    retries: Retries = Retries()
    verify: Verify = Verify()
    gc: Gc = Gc()
    report: Report = Report()
    hooks: HookSettings = field(default_factory=HookSettings)
    metrics: Metrics = Metrics()

    def exports_beside_photos(self) -> list[Path]:
        """Return the folders of exports that are in a source, or below it."""
        sources = [source.path.resolve() for source in self.sources]
        return [
            export.to
            for export in self.exports
            if any(export.to.resolve().is_relative_to(source) for source in sources)
        ]

    def ingests(self) -> list[tuple[list[Path], IngestSettings]]:
        """Return the runs of a night: sources with the same patterns are one."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Path]] = {}
        for source in self.sources:
            groups.setdefault((source.include, source.exclude), []).append(source.path)
        return [
            (
                paths,
                IngestSettings(
                    model=self.model.predictor,
                    photo=self.scenes.photo,
                    splat=self.scenes.splat,
                    exclude=exclude,
                    include=include,
                    batch_size=self.model.batch_size,
                    limit=self.limits.photos,
                    retry_failed=self.retries.failed,
                    one_per_group=self.scenes.one_per_group,
                ),
            )
            for (include, exclude), paths in groups.items()
        ]


def load_config(path: Path, note: Callable[[str], None] = lambda _: None) -> NightlyConfig:
    """Read and check a configuration; `note` gets a text for each key that was renamed.

    Raises UsageError, naming file, line and key.
    """
    config, location = read_config(path, NightlyConfig, note)
    if not config.sources:
        raise location.inner("sources").error("give at least one source")
    config.ingests()
    return config
