"""The configuration of `nightly`: what a night does, as tables of a TOML file.

The keys of models, scenes, previews and exports are the settings themselves, and those of a
`query` table the filters: a setting that is added there is a key here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from jobs.nightly.config_file import INLINE, read_config
from jobs.runs.deadline import deadline_of
from pipeline.catalog.filters import Filters
from pipeline.store.root import LibraryRoot
from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings, RunnerSettings
from schemas.export_settings import ExportSettings, PreviewSettings
from schemas.setting_fields import Setting, setting_field
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
    """A folder of photos, or a photo. One such table for each."""

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


@dataclass(frozen=True, slots=True)
class Previews:
    """Clips and stills. Without this table there are none."""

    settings: Annotated[PreviewSettings, INLINE] = field(default_factory=PreviewSettings)
    query: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Export:
    """Files in a folder of your own. One such table for each folder."""

    settings: Annotated[ExportSettings, INLINE]
    to: Annotated[Path, Setting("The folder to write to.", example="~/3D")]
    query: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Window:
    """When a night begins, for its unit, and when it ends."""

    start: Annotated[str, Setting("When the night begins, for --print-unit.")] = "01:00"
    end: Annotated[DeadlineSettings, INLINE] = field(default_factory=DeadlineSettings)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.start):
            raise UsageError(f"start {self.start!r} is no time of day", "Write it as in 01:30.")
        self.deadline()

    def deadline(self) -> datetime | None:
        """Return when a night that begins now ends. Raises UsageError."""
        return deadline_of(self.end.until, self.end.max_hours)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a night may use up."""

    photos: Annotated[int | None, _as(IngestSettings, "limit", key="photos")] = None
    free_gb: Annotated[float, Setting("With less space on the disk no scene is made.")] = 1.0

    def __post_init__(self) -> None:
        if self.photos is not None and self.photos < 1:
            raise UsageError("photos must be at least 1", "Leave it out to take every photo.")
        if not self.free_gb >= 0:
            raise UsageError("free_gb must not be negative")


@dataclass(frozen=True, slots=True)
class Retries:
    """What is tried again."""

    failed: Annotated[bool, _as(IngestSettings, "retry_failed")] = False


@dataclass(frozen=True, slots=True)
class Verify:
    """Old scenes that are verified each night."""

    sample: Annotated[int, Setting("How many scenes; 0 for none, longest unchecked first.")] = 200
    repair: Annotated[bool, Setting("Damaged scenes are made again the next night.")] = True

    def __post_init__(self) -> None:
        self.settings()

    def settings(self) -> VerifySettings | None:
        """Return the settings, None where nothing is checked. Raises UsageError."""
        return VerifySettings(sample=self.sample, repair=self.repair) if self.sample else None


@dataclass(frozen=True, slots=True)
class Gc:
    """Whether what is no longer needed is removed."""

    enabled: Annotated[bool, Setting("Remove files that the catalog does not know.")] = False
    keep_superseded: Annotated[bool, Setting("Keep scenes that better ones have replaced.")] = True


@dataclass(frozen=True, slots=True)
class Report:
    """Who gets the report of a night. Each is kept in the library's folder runs."""

    folder: Annotated[
        Path | None,
        Setting("The last one is there too: nightly.html, .md, .json.", example="/var/www/photos"),
    ] = None
    webhook: Annotated[
        str | None, Setting("Gets the JSON.", example="https://example.org/hook")
    ] = None
    email_command: Annotated[
        tuple[str, ...],
        Setting("Gets the page.", example=["mail", "-s", "{subject}", "me@example.org"]),
    ] = ()
    when: Annotated[ReportWhen, Setting("After which nights it is sent.")] = ReportWhen.ALWAYS

    def __post_init__(self) -> None:
        if self.webhook is not None and not self.webhook.startswith(("https://", "http://")):
            raise UsageError(f"webhook {self.webhook!r} is no web address")


@dataclass(frozen=True, slots=True)
class NightlyConfig:
    """All of it."""

    library: Annotated[
        LibraryRoot, Setting('A folder, or "s3://bucket/photos".', example="sharp-library")
    ]
    sources: tuple[Source, ...]
    catalog: Annotated[
        str | None,
        Setting(
            "Catalog in PostgreSQL; else SQLite, in the library.",
            example="postgresql+psycopg://me@host/photos",
        ),
    ] = None
    after_error: Annotated[
        AfterError, Setting("Whether a step's error ends the night, or the next step follows.")
    ] = AfterError.CONTINUE
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
        raise location.inner("sources").error("name at least one source")
    config.ingests()
    return config
