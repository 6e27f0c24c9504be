"""The gallery as a process: how it begins and ends, and what many or slow clients do to it."""

from __future__ import annotations

import http.client
import json
import re
import select
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from jobs.console.output import Output
from jobs.gallery.network_names import machine_name
from jobs.gallery.serve import TOKEN_VARIABLE, serve
from jobs.gallery.upload_queue import MOST_WAITING
from pipeline.library import Library
from schemas.errors import ExitCode, RunError, UsageError
from tests.support.gallery_process import Server, end, get, start
from tests.support.made_photos import make_photo
from tests.support.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.posix


@pytest.fixture(scope="module")
def server(gallery_library: Path) -> Iterator[Server]:
    server = start(gallery_library)
    try:
        # Answers from the moment on that it says where it is.
        assert get(server, "/")[0] == 200
        yield server
    finally:
        code, said = end(server)
    assert code == ExitCode.OK, said
    assert "Traceback" not in said


def test_two_hundred_concurrent_range_requests(server: Server, gallery_library: Path) -> None:
    path = next(gallery_library.rglob("scenes/*/*.*"))
    data = path.read_bytes()
    address = f"/scenes/{path.stem}.{path.suffix[1:]}"

    def part(index: int) -> bool:
        first = index * 997 % (len(data) - 5000)
        status, body = get(server, address, Range=f"bytes={first}-{first + 4999}")
        return status == 206 and body == data[first : first + 5000]

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(part, range(200)))


def test_slow_clients_do_not_block_others(server: Server) -> None:
    slow = []
    for index in range(100):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Sl"[: 10 + index])
        slow.append(connection)
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(
            b"POST /api/jobs?name=a.jpg&model=small HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Sec-Fetch-Site: same-origin\r\nContent-Length: 100000\r\n\r\n\xff\xd8\xff"
        )
        slow.append(connection)
    assert get(server, "/")[0] == 200
    # An upload on its way has its place in the queue; what goes beyond it is refused at once.
    wait_until(lambda: len(readable(slow[100:])) >= 20 - MOST_WAITING)
    refused = readable(slow[100:])
    assert [connection.recv(12) for connection in refused] == [b"HTTP/1.1 429"] * 12
    for connection in slow:
        connection.close()


def readable(connections: list[socket.socket]) -> list[socket.socket]:
    return select.select(connections, [], [], 0.1)[0]


def test_abandoned_exports_are_stopped(server: Server) -> None:
    photo_id = json.loads(get(server, "/api/photos?period=undated")[1])["photos"][0][0]
    kinds = re.findall(
        rf"/photos/{photo_id}/exports/[\w-]+", get(server, f"/photos/{photo_id}")[1].decode()
    )
    abandoned = []
    for kind in kinds * 3:
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(f"GET {kind} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        abandoned.append(connection)
    gallery = psutil.Process(server.process.pid)
    wait_until(lambda: bool(gallery.children()))
    assert get(server, "/")[0] == 200
    for connection in abandoned:
        connection.close()
    wait_until(lambda: not gallery.children())
    assert get(server, f"/photos/{photo_id}/exports/depth")[0] == 200


def test_what_is_made_for_an_abandoned_archive_is_stopped(server: Server) -> None:
    photo_id = json.loads(get(server, "/api/photos?period=undated")[1])["photos"][0][0]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    order = json.dumps({"photos": [photo_id], "what": "export:gif"})
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    connection.request("POST", "/api/zips", order, headers)
    href = json.loads(connection.getresponse().read())["href"]
    connection.close()
    abandoned = socket.create_connection(("127.0.0.1", server.port))
    abandoned.sendall(f"GET {href} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    gallery = psutil.Process(server.process.pid)
    wait_until(lambda: bool(gallery.children()))
    abandoned.close()
    wait_until(lambda: not gallery.children())


def test_an_upload_with_a_wrong_content_length_is_refused(server: Server) -> None:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
    connection.sendall(
        b"POST /api/jobs?name=a.jpg&model=small HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Sec-Fetch-Site: same-origin\r\nContent-Length: 999999999999\r\n\r\n"
    )
    assert connection.recv(100).startswith(b"HTTP/1.1 413")
    connection.close()


def test_endless_headers_are_refused(server: Server) -> None:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
    with pytest.raises(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for _ in range(1000):
            connection.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 4")
        raise OSError
    connection.close()


def test_stopping_the_server_with_exports_and_slow_clients(gallery_library: Path) -> None:
    server = start(gallery_library)
    photo_id = json.loads(get(server, "/api/photos?period=undated")[1])["photos"][0][0]
    connections = []
    for kind in ("sbs", "mpo", "depth"):
        connection = socket.create_connection(("127.0.0.1", server.port))
        path = f"/photos/{photo_id}/exports/{kind}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        connections.append(connection)
    connections.append(socket.create_connection(("127.0.0.1", server.port)))
    page = socket.create_connection(("127.0.0.1", server.port))
    page.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert page.recv(10) == b"HTTP/1.1 2"
    wait_until(lambda: bool(psutil.Process(server.process.pid).children()))
    connections.pop(0).close()
    workers = psutil.Process(server.process.pid).children()
    code, said = end(server)
    with page.makefile("rb") as events:
        assert events.read().endswith(b"\r\n0\r\n\r\n")  # they ended, and were not cut off
    for connection in (*connections, page):
        connection.close()
    assert (code, said.strip()) == (ExitCode.OK, "Press Ctrl-C to stop it.")
    assert not [worker for worker in workers if worker.is_running()]


def test_an_address_for_other_machines_contains_a_token(gallery_library: Path) -> None:
    server = start(
        gallery_library, "--host", "0.0.0.0", "--name", "my-nas", **{TOKEN_VARIABLE: "a" * 20}
    )
    try:
        assert server.address.endswith(f"/?token={'a' * 20}")
        assert get(server, "/")[0] == 401
        assert get(server, f"/?token={'a' * 20}")[0] == 303
        bearer = f"Bearer {'a' * 20}"
        known = (socket.gethostname(), f"{machine_name()}.local", f"{machine_name()}.fritz.box")
        for host in (*known, "my-nas", "10.1.2.3", "[fe80::1]"):
            assert get(server, "/", Host=host, Authorization=bearer)[0] == 200, host
        assert get(server, "/", Host="evil.example", Authorization=bearer)[0] == 421
    finally:
        code, said = end(server, signal.SIGTERM)
    assert "Traceback" not in said
    assert code == ExitCode.OK


@pytest.mark.parametrize("host", ["300.1.1.1", "no such host.invalid"])
def test_the_error_for_an_invalid_host_is_explained(gallery_library: Path, host: str) -> None:
    with pytest.raises(RunError, match="cannot be listened on"):
        serve(Library.resolve(gallery_library), host, 0, Output(quiet=True), False, True, [])


def test_a_port_in_use_is_explained(server: Server, gallery_library: Path) -> None:
    with pytest.raises(RunError, match=str(server.port)) as caught:
        serve(
            Library.resolve(gallery_library),
            "127.0.0.1",
            server.port,
            Output(quiet=True),
            False,
            True,
            [],
        )
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("token", ["short", "with spaces in it, and long", "é" * 20, ""])
def test_an_invalid_token_is_refused(
    gallery_library: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(UsageError, match=TOKEN_VARIABLE):
        serve(Library.resolve(gallery_library), "0.0.0.0", 0, Output(quiet=True), False, True, [])


def test_stopping_the_server_stops_the_running_job(gallery_library: Path, tmp_path: Path) -> None:
    server = start(gallery_library, TMPDIR=str(tmp_path))
    photo = make_photo(tmp_path / "a.jpg", 1, (1600, 1200)).read_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.request(
        "POST",
        "/api/jobs?name=a.jpg&model=small",
        body=photo,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert connection.getresponse().status == 202
    connection.close()
    time.sleep(0.5)
    code, said = end(server)
    assert (code, "Traceback" in said) == (ExitCode.OK, False), said
    assert not list(tmp_path.glob("sharp-batch-gallery-*"))
