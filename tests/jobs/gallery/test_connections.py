"""Connections against clients that are silent, slow, or too many, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from jobs.gallery.app import GallerySettings, make_gallery_app
from jobs.gallery.connections import GuardedProtocol, Limits
from jobs.gallery.serve import GalleryServer, listen
from pipeline.library import Library

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 50_000_000


async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Answer at once; under /large with many bytes, under /wait when the client is gone."""
    if scope["type"] == "lifespan":
        return
    if scope["path"] == "/wait":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    size = LARGE if scope["path"] == "/large" else 2
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    sent = 0
    while sent < size:
        part = min(size - sent, 100_000)
        sent += part
        body = {"type": "http.response.body", "body": b"x" * part, "more_body": sent < size}
        await send(body)


@contextlib.asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[int]:
    """Serve `app` with these limits; yields the port."""

    class Protocol(GuardedProtocol):
        pass

    Protocol.limits = limits
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, http=Protocol, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(port: int, data: bytes = b"") -> Stream:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    return reader, writer


async def status_of(stream: Stream) -> bytes:
    """Return the status of the next response; b"" where the server has closed the connection."""
    try:
        async with asyncio.timeout(20):
            line = await stream[0].readline()
    except ConnectionError:
        line = b""
    return line[9:12]


def test_small_responses_are_sent_without_delay() -> None:
    async def run() -> None:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class Accepting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted = transport.get_extra_info("socket")
                found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        listener = listen("127.0.0.1", 0)
        async with await asyncio.get_running_loop().create_server(Accepting, sock=listener):
            _, writer = await connect(listener.getsockname()[1])
            assert await found
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", GET[:10], GET + GET[:10]])
def test_a_client_that_sends_no_whole_request_loses_its_connection(sent: bytes) -> None:
    async def run() -> None:
        async with serving(Limits(request_seconds=0.3)) as port:
            reader, writer = await connect(port, sent)
            async with asyncio.timeout(20):
                with contextlib.suppress(ConnectionError):
                    await reader.read()
            writer.close()

    asyncio.run(run())


def test_a_client_that_sends_headers_byte_by_byte_loses_its_connection() -> None:
    async def run() -> None:
        async with serving(Limits(request_seconds=0.3)) as port:
            reader, writer = await connect(port, GET[:-2])
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(20):
                    while not reader.at_eof():
                        writer.write(b"X: y\r\n")
                        await writer.drain()
                        await asyncio.sleep(0.05)
            writer.close()

    asyncio.run(run())


def test_a_client_that_sends_a_body_that_nobody_reads_loses_its_connection() -> None:
    async def run() -> None:
        async with serving(Limits(request_seconds=0.3)) as port:
            head = b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
            reader, writer = await connect(port, head)
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(20):
                    while not reader.at_eof():
                        writer.write(b"x")
                        await writer.drain()
                        await reader.read(1000)
                        await asyncio.sleep(0.05)
            writer.close()

    asyncio.run(run())


def test_a_client_that_never_reads_loses_its_connection() -> None:
    async def run() -> None:
        async with serving(Limits(write_seconds=0.3)) as port:
            reader, writer = await connect(port, GET.replace(b"/", b"/large", 1))
            await asyncio.sleep(1.0)
            received = 0
            with contextlib.suppress(ConnectionError):
                while part := await reader.read(1_000_000):
                    received += len(part)
            assert received < LARGE
            writer.close()

    asyncio.run(run())


def test_silent_clients_beyond_the_limit_make_room_for_the_newest() -> None:
    async def run() -> None:
        async with serving(Limits(waiting=20)) as port:
            silent = [await connect(port) for _ in range(60)]
            newest = await connect(port, GET)
            assert await status_of(newest) == b"200"
            for _, writer in (*silent, newest):
                writer.close()

    asyncio.run(run())


def test_one_client_has_a_limited_number_of_requests_at_once() -> None:
    async def run() -> None:
        async with serving(Limits(requests_of_client=5)) as port:
            waiting = [await connect(port, GET.replace(b"/", b"/wait", 1)) for _ in range(5)]
            await asyncio.sleep(0.2)
            refused = await connect(port, GET)
            assert await status_of(refused) == b"503"
            for _, writer in waiting:
                writer.close()
            await asyncio.sleep(0.2)
            served = await connect(port, GET)
            assert await status_of(served) == b"200"
            for _, writer in (refused, served):
                writer.close()

    asyncio.run(run())


def test_a_request_that_does_not_end_is_ended_without_a_traceback(
    gallery_library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("jobs.gallery.serve._END_SECONDS", 0.1)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        app = make_gallery_app(GallerySettings(Library.resolve(gallery_library), tmp_path))

        @app.get("/for-ever")
        async def for_ever() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        listener = listen("127.0.0.1", 0)
        server = GalleryServer(app, "warning")
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        _, writer = await connect(port, b"GET /for-ever HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await begun.wait()
        server.should_exit = True
        await serving
        await ended.wait()
        writer.close()

    try:
        asyncio.run(run())
    finally:
        logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert caplog.records == []


@pytest.mark.parametrize("steps", range(5))
def test_a_connection_accepted_as_the_server_ends_is_closed(
    gallery_library: Path, tmp_path: Path, steps: int
) -> None:
    """The server ends so many steps of its loop after a client connected."""

    async def run() -> None:
        app = make_gallery_app(GallerySettings(Library.resolve(gallery_library), tmp_path))
        listener = listen("127.0.0.1", 0)
        server = GalleryServer(app, "error")
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup([listener])
        with socket.create_connection(listener.getsockname()) as client:
            for _ in range(steps):
                await asyncio.sleep(0)
            await server.shutdown([listener])
            client.settimeout(20)
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b""

    asyncio.run(run())
    gc.collect()  # a socket that is not closed warns now, and warnings are errors
