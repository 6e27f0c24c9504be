"""`sharp-batch gallery`: a library in the browser, and scenes of single photos."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from schemas.errors import UsageError
from schemas.extras import how_to_install


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gallery")(with_options(gallery))


def gallery(
    place: LibraryOptions,
    output: PlainOutput,
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 selects a free one.", min=0, max=65535)
    ] = 7860,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. Non-local addresses require a token."),
    ] = "127.0.0.1",
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the gallery in the browser.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Disable uploads and new scenes.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(help="One more host name by which browsers reach the gallery; repeatable."),
    ] = None,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls", help="Encrypt, with certificates of a local authority made at first use."
        ),
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Encrypt, with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Key of --tls-cert (PEM, without a password).")
    ] = None,
) -> None:
    """Serve the library as a local website, until Ctrl-C.

    Nothing is loaded from other hosts, and only this machine has access. With --host 0.0.0.0 other
    machines have access with a token, which is in the printed address and can be set in
    SHARP_BATCH_GALLERY_TOKEN.
    """
    missing = [
        name
        for name in ("fastapi", "uvicorn", "jinja2", "cryptography")
        if not importlib.util.find_spec(name)
    ]
    if missing:
        raise UsageError(
            f"the gallery needs {' and '.join(missing)}",
            f"Get it: {how_to_install('gallery')}",
        )
    # Imported here: help and mistakes need none of it.
    from jobs.gallery.serve import TlsChoice, serve

    serve(
        place.resolve(),
        host,
        port,
        output,
        open_browser,
        read_only,
        name or [],
        TlsChoice(tls, tls_cert, tls_key),
    )
