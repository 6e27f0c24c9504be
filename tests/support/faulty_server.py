"""A local web server with one file, which it serves as badly as a test asks for."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CONTENT = b"PK\x03\x04" + bytes(range(256)) * 8000  # 2 MB


@dataclass
class Reply:
    """What a faultless server would send."""

    status: int
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Handler", Reply], None]


@dataclass
class Server:
    """The file, how it is served, and what was asked for."""

    content: bytes = CONTENT
    etag: str | None = '"one"'
    answers_ranges: bool = True
    faults: list[Fault] = field(default_factory=list)  # one a request, then none
    url: str = ""
    asked: list[str | None] = field(default_factory=list)  # the Range of each request
    closing: threading.Event = field(default_factory=threading.Event)

    def reply(self, asked: str | None, if_range: str | None) -> Reply:
        headers = {"ETag": self.etag} if self.etag else {}
        start, status = 0, 200
        if asked and self.answers_ranges and if_range in (None, self.etag):
            start, status = int(re.match(r"bytes=(\d+)-", asked)[1]), 206
            size = len(self.content)
            if start >= size:
                return Reply(416, {"Content-Range": f"bytes */{size}"}, b"")
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        body = self.content[start:]
        return Reply(status, headers | {"Content-Length": str(len(body))}, body)


class Handler(http.server.BaseHTTPRequestHandler):
    site: Server

    def do_GET(self):
        asked = self.headers.get("Range")
        self.site.asked.append(asked)
        reply = self.site.reply(asked, self.headers.get("If-Range"))
        fault = self.site.faults.pop(0) if self.site.faults else Handler.send
        with suppress(
            BrokenPipeError, ConnectionResetError
        ):  # the client has closed the connection
            fault(self, reply)

    def send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, *args):
        pass


def breaks_off(after: int) -> Fault:
    """Hang up after so many bytes."""
    return lambda handler, reply: handler.send(
        Reply(reply.status, reply.headers, reply.body[:after])
    )


def stalls(after: int) -> Fault:
    """Send no more after so many bytes, and do not hang up either."""

    def fault(handler: Handler, reply: Reply) -> None:
        handler.send(Reply(reply.status, reply.headers, reply.body[:after]))
        handler.site.closing.wait(30)

    return fault


def claims_length(length: int) -> Fault:
    """Lie about how much is coming."""
    return lambda handler, reply: handler.send(
        Reply(reply.status, reply.headers | {"Content-Length": str(length)}, reply.body)
    )


def says(status: int) -> Fault:
    return lambda handler, reply: handler.send_error(status)


def sends_web_page(handler: Handler, reply: Reply) -> None:
    page = b"<!DOCTYPE html><html><body>Log in to the hotel's network</body></html>"
    headers = {"Content-Type": "text/html", "Content-Length": str(len(page))}
    handler.send(Reply(200, headers, page))


def sends_another_part(handler: Handler, reply: Reply) -> None:
    size = len(handler.site.content)
    headers = reply.headers | {"Content-Range": f"bytes 7-{size - 1}/{size}"}
    handler.send(Reply(206, headers, reply.body))


@contextmanager
def serve(server: Server) -> Iterator[Server]:
    """Run `server` on a port of its own."""
    handler = type("SiteHandler", (Handler,), {"site": server})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"http://127.0.0.1:{httpd.server_port}/weights.pt"
        try:
            yield server
        finally:
            server.closing.set()
            httpd.shutdown()
            thread.join()
