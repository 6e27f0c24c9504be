"""`sharp-batch show`: everything about one photo, or about one splat file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs import options
from jobs.output import Output
from pipeline.database import read_catalog
from pipeline.photo_details import photo_details


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(show)


def show(
    photo: Annotated[
        str,
        typer.Argument(
            help="A photo's path, a photo_id or scene_id, or its first digits.",
            metavar="ID_OR_PATH",
        ),
    ],
    library: options.Library = options.LIBRARY,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show everything the catalog knows about one photo: paths, facts, scenes, failures."""
    with read_catalog(library) as connection:
        details = photo_details(connection, photo, Path.cwd())
    Output(json, quiet, verbose).result(details, _text(details))


def _text(details: dict[str, object]) -> str:
    lines = []
    for name, value in details.items():
        if isinstance(value, list):
            for index, item in enumerate(value, 1):
                if isinstance(item, dict):
                    lines += ["", f"{name.removesuffix('s')} {index}"]
                    lines += [_line(key, inner) for key, inner in item.items() if inner is not None]
                else:
                    lines.append(_line(name.removesuffix("s"), item))
        elif value is not None:
            lines.append(_line(name, value))
    return "\n".join(lines)


def _line(name: str, value: object) -> str:
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{name:<20}{shown}"
