"""Stands before a test's S3 server: notes what is asked, and answers itself where told to."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.waiting import PATIENCE_SECONDS

HANG_UP = 0
# Method and path of a request -> the status to answer with, None to pass it on.
Fault = Callable[[str, str], int | None]


@dataclass
class Proxy:
    """The server behind it, what was asked, and what goes wrong."""

    behind: str
    port: int = 0
    asked: list[str] = field(default_factory=list)  # as in "PUT /bucket/name"
    fault: Fault = lambda _method, _path: None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        handler = type("_ItsHandler", (_Handler,), {"proxy": self})
        with http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler) as httpd:
            self.port = httpd.server_port
            thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                self.fault = lambda _method, _path: HANG_UP  # on those who are connected
                httpd.shutdown()
                thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.proxy.asked.append(f"{self.command} {self.path}")
        status = self.proxy.fault(self.command, self.path)
        if status == HANG_UP:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif status is not None:
            self._answer(status, {}, b"" if self.command == "HEAD" else _trouble(status))
        else:
            self._pass_on(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        pass

    def _pass_on(self, body: bytes) -> None:
        link = http.client.HTTPConnection(
            self.proxy.behind.removeprefix("http://"), timeout=PATIENCE_SECONDS
        )
        with contextlib.closing(link):
            headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
            link.request(self.command, self.path, body, headers)
            answer = link.getresponse()
            own = {"connection", "transfer-encoding", "date", "server"}
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in own}
            self._answer(answer.status, kept, answer.read())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _trouble(status: int) -> bytes:
    codes = {
        403: "AccessDenied",
        404: "NoSuchKey",
        500: "InternalError",
        501: "NotImplemented",
        503: "SlowDown",
    }
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Error>'
        f"<Code>{codes[status]}</Code><Message>As the test wants it.</Message></Error>"
    ).encode()


@contextlib.contextmanager
def standing_before(server: str) -> Iterator[Proxy]:
    """Yield a proxy on a port of its own."""
    proxy = Proxy(server)
    with proxy.listening():
        yield proxy
