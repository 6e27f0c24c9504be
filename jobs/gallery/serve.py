"""Run the gallery's HTTP server: listen, print the address, and stop cleanly on Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import secrets
import signal
import socket
import ssl
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from jobs.console.output import Output
from jobs.gallery.app import GallerySettings, make_gallery_app
from jobs.gallery.connections import GuardedProtocol
from jobs.gallery.live import LiveLibrary
from jobs.gallery.media import is_viewer_built
from jobs.gallery.network_names import check_names, machine_name, shown_names
from jobs.gallery.security import TOKEN_PARAMETER, AccessPolicy, is_loopback
from jobs.gallery.warm_up import warm_up
from jobs.gallery.workshop import Workshop
from pipeline.library import Library
from schemas.errors import RunError, UsageError
from sharp_core.models.sharp.checkpoint import cache_home

if TYPE_CHECKING:
    from fastapi import FastAPI

    from jobs.gallery.tls import Certificates

TOKEN_VARIABLE = "SHARP_BATCH_GALLERY_TOKEN"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")  # as the random ones
_MOST_CONNECTIONS = 600  # below the usual limit of 1024 open files
_WAITING_CONNECTIONS = 256
_KEEP_ALIVE_SECONDS = 15
_END_SECONDS = 3  # grace period for responses in progress when the server stops


class TlsChoice(NamedTuple):
    """Encryption: by certificates of a local authority, or by given files in PEM format."""

    is_local: bool = False
    certificate: Path | None = None
    key: Path | None = None


NO_TLS = TlsChoice()


def serve(
    library: Library,
    host: str,
    port: int,
    output: Output,
    open_browser: bool,
    read_only: bool,
    names: list[str],
    tls: TlsChoice = NO_TLS,
) -> None:
    """Serve the library until Ctrl-C. `names` are more host names that it answers to.

    Raises UsageError, StoreError, RunError.
    """
    own_names = [*shown_names(host, names), f"{machine_name()}.local"]
    certificates = _certificates(tls, own_names)
    token = None if is_loopback(host) else _token()
    own = check_names(names)
    access = AccessPolicy(own)
    if token is not None:
        own |= {host.strip("[]").lower(), socket.gethostname().lower()}
        access = AccessPolicy(own, token, machine_name(), shown_names(host, names)[0])
    settings = GallerySettings(
        library,
        cache_home() / "gallery",
        access,
        read_only,
        authority=certificates.authority if certificates else None,
    )
    app = make_gallery_app(settings)
    listener = listen(host, port)
    port = listener.getsockname()[1]
    scheme = "https" if certificates else "http"
    addresses = [_address(scheme, name, port, token) for name in shown_names(host, names)]
    if not is_viewer_built():
        output.warn("The scene viewer is not built. Build it once: ./scripts/build_viewer")
    text = "\n  or ".join(addresses)
    output.result(
        {"address": addresses[0], "addresses": addresses}, f"Gallery of {library}: {text}"
    )
    if certificates and certificates.authority:
        trusted = _address(scheme, shown_names(host, names)[0], port, None) + "authority.crt"
        output.note(
            f"Devices show a warning until they trust {trusted}: see docs/how-to/gallery.md."
        )
    if token is not None:
        _show_code(addresses[0], output)
    output.note("Press Ctrl-C to stop it.")
    if open_browser:
        webbrowser.open(addresses[0])
    server = GalleryServer(app, "info" if output.verbose else "warning", certificates)
    # A signal ends the server, also one that comes before it serves. When it has stopped by
    # itself, it raises the signal again, which changes nothing then.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    warm_up(app.state.reader)
    asyncio.run(server.serve(sockets=[listener]))


class GalleryServer(uvicorn.Server):
    """A server that closes the connections of clients that do not let it end."""

    def __init__(
        self, app: FastAPI, log_level: str, certificates: Certificates | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            http=GuardedProtocol,
            log_level=log_level,
            server_header=False,
            proxy_headers=False,  # there is no proxy in front
            date_header=True,
            limit_concurrency=_MOST_CONNECTIONS,
            backlog=_WAITING_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=2 * _END_SECONDS,  # their tasks end when they are closed
            lifespan="on",
            ssl_certfile=certificates.certificate if certificates else None,
            ssl_keyfile=certificates.key if certificates else None,
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancelled_request)
        self._workshop: Workshop = app.state.workshop
        self._live: LiveLibrary = app.state.live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and slow work, wait for responses in progress, close all connections.

        The events of open pages end first: they would go on for ever.
        """
        await self._live.close()
        await self._workshop.close()
        await self._stop_accepting()
        asyncio.get_running_loop().call_later(_END_SECONDS, self._close_connections)
        await super().shutdown(sockets)

    async def _stop_accepting(self) -> None:
        """Accept no more connections, and wait until those accepted are known to the server.

        asyncio makes the transport of a connection one step of the loop after it was accepted, and
        tells the protocol one step later. If the server closes before, asyncio fails to make the
        transport, and never closes the socket.
        """
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listener in server.sockets:
                # The loop of Windows does all this in one step.
                with contextlib.suppress(NotImplementedError):
                    loop.remove_reader(listener.fileno())
        for _ in range(2):
            await asyncio.sleep(0)

    def _close_connections(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _is_no_cancelled_request(record: logging.LogRecord) -> bool:
    """Return False for what uvicorn says of requests that it cancels as it ends.

    It logs a traceback of each, which tells a person who pressed Ctrl-C nothing.
    """
    if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    return not str(record.msg).startswith("Cancel %s running task")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one. Raises RunError."""
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


def _certificates(tls: TlsChoice, names: list[str]) -> Certificates | None:
    """Return what to encrypt with; None for no encryption. Raises UsageError, RunError."""
    if tls.certificate is None and tls.key is None:
        if not tls.is_local:
            return None
        from jobs.gallery.tls import local_certificates

        return local_certificates(cache_home() / "gallery-tls", names)
    from jobs.gallery.tls import Certificates

    if tls.certificate is None or tls.key is None:
        raise UsageError("--tls-cert and --tls-key need each other", "Give both.")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"--tls-cert {tls.certificate} and --tls-key {tls.key} cannot be used: {error}",
            "Both must be PEM files, the key without a password.",
        ) from error
    return Certificates(tls.certificate, tls.key)


def _show_code(address: str, output: Output) -> None:
    """Show an address as a QR code for the camera of a phone, on a terminal."""
    if not sys.stderr.isatty() or output.quiet:
        return
    try:
        import segno
    except ImportError:
        return
    segno.make(address, micro=False).terminal(out=sys.stderr, compact=True)


def _address(scheme: str, host: str, port: int, token: str | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{port}/" + (f"?{TOKEN_PARAMETER}={token}" if token else "")
