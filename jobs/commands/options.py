"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console.output import ProgressKind
from pipeline.store.root import LibraryRoot, address_meant, parse_root
from schemas.errors import UsageError
from schemas.settings import Device, DType, ModelName, Preset, SogQuality, SplatFormat

if TYPE_CHECKING:
    _Root = LibraryRoot
else:
    _Root = Path  # typer knows no unions; the parser alone says what comes


def _parse_library(text: str) -> LibraryRoot:
    root = parse_root(str(text))
    if isinstance(root, Path) and root.is_file():
        raise typer.BadParameter(f"'{root}' is a file.")
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


Library = Annotated[
    _Root,
    typer.Option(
        "--library",
        envvar="SHARP_BATCH_LIBRARY",
        help="Folder of the library, or its address in an object store, as in s3://BUCKET/PHOTOS.",
        metavar="DIR",
        show_default=True,
        parser=_parse_library,
    ),
]
LIBRARY = Path("sharp-library")
Catalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        envvar="SHARP_BATCH_CATALOG",
        metavar="URL",
        help="Catalog in PostgreSQL, as in postgresql+psycopg://USER@HOST/DATABASE; "
        "else where the library says, or in it.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no notes.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more, photo by photo.")]

Model = Annotated[
    ModelName,
    typer.Option(
        "--model",
        envvar="SHARP_BATCH_MODEL",
        help="'sharp' is the published network (2.8 GB of weights, research licence); "
        "'prior' needs no weights and shows how things work.",
    ),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option("--checkpoint", help="File with the weights of 'sharp'.", dir_okay=False),
]
PresetOption = Annotated[
    Preset,
    typer.Option("--preset", help="Sizes of the network 'sharp'; 'tiny' is for tests."),
]
DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where the predictor runs; auto takes the fastest.")
]
DTypeOption = Annotated[
    DType, typer.Option("--dtype", help="Number format of the predictor; auto is safe and fast.")
]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile 'sharp' with torch.compile: minutes at the start, less for each photo.",
    ),
]
Format = Annotated[
    SplatFormat,
    typer.Option("--format", help="How scenes are stored; sog takes a tenth of ply."),
]
Quality = Annotated[
    SogQuality | None,
    typer.Option("--quality", help="How finely a sog stores scenes; else 'default'."),
]
FocalMm = Annotated[
    float | None,
    typer.Option(
        "--focal-mm",
        metavar="MM",
        help="35 mm equivalent focal length, in place of what the photos say.",
    ),
]
Address = Annotated[str | None, typer.Option(help="Address of a running Ray cluster, or 'auto'.")]
Inline = Annotated[bool, typer.Option("--inline", help="Work in this process, without Ray.")]
Until = Annotated[
    str | None,
    typer.Option(metavar="HH:MM", help="Begin nothing after this time; the next run goes on."),
]
MaxHours = Annotated[float | None, typer.Option(help="The same after so many hours.")]
SceneTimeout = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", help="The longest that one scene may take.", min=1
    ),
]
ProgressOption = Annotated[
    ProgressKind, typer.Option("--progress", help="Progress for people, or as JSON lines.")
]
