"""Run the gallery's HTTP server: listen, print the address, and stop cleanly on Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
import webbrowser

import uvicorn

from jobs.console.output import Output
from jobs.gallery.app import GallerySettings, make_gallery_app
from jobs.gallery.connections import GuardedProtocol
from jobs.gallery.media import is_viewer_built
from jobs.gallery.network_names import check_names, machine_name, shown_names
from jobs.gallery.security import TOKEN_PARAMETER, AccessPolicy, is_loopback
from jobs.gallery.workshop import Workshop
from pipeline.library import Library
from schemas.errors import RunError, UsageError
from sharp_core.models.sharp.checkpoint import cache_home

TOKEN_VARIABLE = "SHARP_BATCH_GALLERY_TOKEN"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")  # as the random ones
_MOST_CONNECTIONS = 600  # below the usual limit of 1024 open files
_WAITING_CONNECTIONS = 256
_KEEP_ALIVE_SECONDS = 15
_END_SECONDS = 3  # grace period for responses in progress when the server stops


def serve(
    library: Library,
    host: str,
    port: int,
    output: Output,
    open_browser: bool,
    read_only: bool,
    names: list[str],
) -> None:
    """Serve the library until Ctrl-C. `names` are more host names that it answers to.

    Raises UsageError, StoreError, RunError.
    """
    token = None if is_loopback(host) else _token()
    own = check_names(names)
    access = AccessPolicy(own)
    if token is not None:
        own |= {host.strip("[]").lower(), socket.gethostname().lower()}
        access = AccessPolicy(own, token, machine_name())
    settings = GallerySettings(library, cache_home() / "gallery", access, read_only)
    app = make_gallery_app(settings)
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    addresses = [_address(name, port, token) for name in shown_names(host, names)]
    if not is_viewer_built():
        output.warn("The scene viewer is not built. Build it once: ./scripts/build_viewer")
    text = "\n  or ".join(addresses)
    output.result(
        {"address": addresses[0], "addresses": addresses}, f"Gallery of {library}: {text}"
    )
    output.note("Press Ctrl-C to stop it.")
    config = uvicorn.Config(
        app,
        http=GuardedProtocol,
        log_level="info" if output.verbose else "warning",
        server_header=False,
        proxy_headers=False,  # there is no proxy in front
        date_header=True,
        limit_concurrency=_MOST_CONNECTIONS,
        backlog=_WAITING_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2 * _END_SECONDS,  # their tasks end when they are closed
        lifespan="on",
    )
    if open_browser:
        webbrowser.open(addresses[0])
    # The server stops cleanly by itself, and then raises the signal again: ignore it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    asyncio.run(_Server(config, app.state.workshop).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """A server that closes the connections of clients that do not let it end."""

    def __init__(self, config: uvicorn.Config, workshop: Workshop) -> None:
        super().__init__(config)
        self._workshop = workshop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and slow work, wait for responses in progress, close all connections."""
        await self._workshop.close()
        asyncio.get_running_loop().call_later(_END_SECONDS, self._close_connections)
        await super().shutdown(sockets)

    def _close_connections(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named. Without it, each response on a
    # persistent connection waits 40 ms for the client's delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(_WAITING_CONNECTIONS)  # from now on connections wait and are not refused
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
    if _TOKEN.fullmatch(given) is None:
        raise UsageError(
            f"{TOKEN_VARIABLE} is not a valid token",
            "Use 16 or more letters, digits, - and _, or unset it for a random one.",
        )
    return given


def _address(host: str, port: int, token: str | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?{TOKEN_PARAMETER}={token}" if token else "")
