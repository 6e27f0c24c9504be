"""The gallery's server: listens, says where, and ends well."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import webbrowser

import uvicorn

from jobs.console.output import Output
from jobs.gallery.app import GallerySettings, make_app
from jobs.gallery.media import is_viewer_built
from jobs.gallery.security import TOKEN_PARAMETER, Access, is_loopback
from pipeline.library import Library
from schemas.errors import RunError, UsageError
from sharp_core.models.sharp.checkpoint import home

TOKEN_VARIABLE = "SHARP_BATCH_GALLERY_TOKEN"
_SHORTEST_TOKEN = 16
_MOST_CONNECTIONS = 1000
_WAITING_CONNECTIONS = 256
_KEEP_ALIVE_SECONDS = 15
_END_SECONDS = 3  # for what is being sent when the server is to end


def serve(
    library: Library,
    host: str,
    port: int,
    output: Output,
    open_browser: bool,
    read_only: bool,
) -> None:
    """Serve the library until Ctrl-C. Raises UsageError, StoreError, RunError."""
    token = None if is_loopback(host) else _token()
    access = Access(
        frozenset({host.lower(), socket.gethostname().lower()}) if token else frozenset(), token
    )
    settings = GallerySettings(library, home() / "gallery", access, read_only)
    app = make_app(settings)
    listener = _listen(host, port)
    address = _address(host, listener.getsockname()[1], token)
    if not is_viewer_built():
        output.warn("The scene viewer is not built. Build it once: ./scripts/build_viewer")
    output.result({"address": address}, f"Gallery of {library}: {address}")
    output.note("Ctrl-C ends it.")
    config = uvicorn.Config(
        app,
        log_level="info" if output.verbose else "warning",
        server_header=False,
        proxy_headers=False,  # nothing stands between
        date_header=True,
        limit_concurrency=_MOST_CONNECTIONS,
        backlog=_WAITING_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
        lifespan="on",
    )
    if open_browser:
        webbrowser.open(address)
    # The server ends well by itself, and then passes the signal on: to nobody, for all is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(_WAITING_CONNECTIONS)  # from now on, whoever asks is answered in time
    except (OSError, OverflowError) as error:
        listener.close()
        raise RunError(
            f"{host}:{port} cannot be listened on: {error}", "Choose another with --port."
        ) from error
    return listener


def _token() -> str:
    given = os.environ.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(24)
    if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isalnum():
        raise UsageError(
            f"{TOKEN_VARIABLE} is no good token",
            f"Use {_SHORTEST_TOKEN} letters and digits or more, or leave it to chance.",
        )
    return given


def _address(host: str, port: int, token: str | None) -> str:
    # On all addresses at once means on each of them: name one that others can use.
    shown = socket.gethostname() if host in ("0.0.0.0", "::") else host
    name = f"[{shown}]" if ":" in shown else shown
    return f"http://{name}:{port}/" + (f"?{TOKEN_PARAMETER}={token}" if token else "")
