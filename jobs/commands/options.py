"""Groups of options that several commands share, beside the settings and the filters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jobs.commands.option_groups import WithoutFields
from jobs.console.output import Output
from pipeline.store.root import DEFAULT_LIBRARY, LibraryRoot, address_meant, parse_root
from schemas.errors import UsageError
from schemas.setting_fields import Setting

if TYPE_CHECKING:
    from pipeline.library import Library

# Of commands that show no progress; the others take an `Output` with all of its options.
PlainOutput = Annotated[Output, WithoutFields(["progress"])]


def _parse_library(option: str, text: str) -> LibraryRoot:
    root = parse_root(text)
    if isinstance(root, Path) and root.is_file():
        raise UsageError(f"{option} '{root}' is a file", "Give the library's folder.")
    return root


def check_are_here(*paths: Path) -> None:
    """Raise UsageError where an address is given for a file of this machine."""
    for path in paths:
        if (address := address_meant(path)) is not None:
            raise UsageError(
                f"{address} is an address: this command reads and writes local files only",
                "Export the scenes to a local folder first: 'sharp-batch export --kind sog'. Or "
                "copy the files with the object store's own tool, such as 'aws s3 cp'.",
            )


@dataclass(frozen=True, slots=True)
class SplatInput:
    """How a splat file is read."""

    axes: Annotated[
        str | None,
        Setting(
            "Where x, y and z of the splat file point, where it does not say so: right or left, up "
            "or down, forward or back. RUB is OpenGL's, RFU Blender's. Default: RDF, as in PLY; "
            "RUB for glTF and USD.",
            metavar="RDF|RUB|RFU|...",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class LibraryOptions:
    """Which library, and where its catalog is."""

    library: Annotated[
        LibraryRoot,
        Setting(
            "Folder of the library, or its address in an object store (s3://BUCKET/PHOTOS).",
            metavar="DIR",
            variable="SHARP_BATCH_LIBRARY",
            parse=_parse_library,
        ),
    ] = Path(DEFAULT_LIBRARY)
    catalog: Annotated[
        str | None,
        Setting(
            "Catalog in PostgreSQL (postgresql+psycopg://USER@HOST/DATABASE); "
            "default: the address stored in the library, else its SQLite file.",
            metavar="URL",
            variable="SHARP_BATCH_CATALOG",
        ),
    ] = None

    def resolve(self) -> Library:
        """Return the library. Raises UsageError, RunError."""
        from pipeline.library import Library  # imports the database

        return Library.resolve(self.library, self.catalog)
