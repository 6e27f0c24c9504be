"""Groups of options that several commands share, beside the settings and the filters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jobs.commands.option_groups import WithoutFields
from jobs.console.output import Output
from jobs.runs.deadline import deadline_of
from pipeline.store.root import LibraryRoot, address_meant, parse_root
from schemas.errors import UsageError
from schemas.execution_settings import DeadlineSettings, RunnerSettings
from schemas.setting_fields import Setting

if TYPE_CHECKING:
    from jobs.runs.scene_run import RunnerMaker
    from pipeline.library import Library

# Of commands that show no progress; the others take an `Output` with all of its options.
PlainOutput = Annotated[Output, WithoutFields(["progress"])]


def _parse_library(option: str, text: str) -> LibraryRoot:
    root = parse_root(text)
    if isinstance(root, Path) and root.is_file():
        raise UsageError(f"{option} '{root}' is a file", "Name the library's folder.")
    return root


def check_are_here(*paths: Path) -> None:
    """Raise UsageError where an address is given for a file of this machine."""
    for path in paths:
        if (address := address_meant(path)) is not None:
            raise UsageError(
                f"{address} is an address: this command reads and writes files of this machine",
                "Have the scenes of a library in a folder by 'sharp-batch export --kind sog', or "
                "copy files by the object store's own tool, as in 'aws s3 cp'.",
            )


@dataclass(frozen=True, slots=True)
class LibraryOptions:
    """Which library, and where its catalog is."""

    library: Annotated[
        LibraryRoot,
        Setting(
            "Folder of the library, or its address in an object store, as in s3://BUCKET/PHOTOS.",
            metavar="DIR",
            variable="SHARP_BATCH_LIBRARY",
            parse=_parse_library,
        ),
    ] = Path("sharp-library")
    catalog: Annotated[
        str | None,
        Setting(
            "Catalog in PostgreSQL, as in postgresql+psycopg://USER@HOST/DATABASE; "
            "else where the library says, or in it.",
            metavar="URL",
            variable="SHARP_BATCH_CATALOG",
        ),
    ] = None

    def resolve(self) -> Library:
        """Return the library. Raises UsageError, RunError."""
        from pipeline.library import Library  # imports the database

        return Library.resolve(self.library, self.catalog)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run works, and when it ends by itself."""

    runner: RunnerSettings = field(default_factory=RunnerSettings)
    end: DeadlineSettings = field(default_factory=DeadlineSettings)

    def deadline(self) -> datetime | None:
        """Return when the run ends. Raises UsageError."""
        return deadline_of(self.end.until, self.end.max_hours)

    def scene_runner(self) -> RunnerMaker:
        """Return how stored scenes are worked on."""
        from jobs.runs.scene_run import scene_runner

        return scene_runner(self.runner.inline, self.runner.address)
