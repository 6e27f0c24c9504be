"""`sharp-batch gallery`: a library in the browser, and scenes of single photos."""

from __future__ import annotations

import importlib.util
from typing import Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from schemas.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gallery")(with_options(gallery))


def gallery(
    place: LibraryOptions,
    output: PlainOutput,
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 7860,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. Any but this machine's own needs a token."),
    ] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show only: no uploads, and no new scenes.")
    ] = False,
) -> None:
    """Show the library as a local web page, until Ctrl-C.

    Nothing is loaded from other hosts, and only this machine can look. With --host 0.0.0.0 others
    can too, with the token in the address that is printed (or in SHARP_BATCH_GALLERY_TOKEN).
    """
    missing = [
        name for name in ("fastapi", "uvicorn", "jinja2") if not importlib.util.find_spec(name)
    ]
    if missing:
        raise UsageError(
            f"the gallery needs {' and '.join(missing)}",
            "Get it: pip install 'sharp-batch[gallery]'",
        )
    # Imported here: help and mistakes need none of it.
    from jobs.gallery.serve import serve

    serve(place.resolve(), host, port, output, open_browser, read_only)
