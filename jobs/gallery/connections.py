"""Connections of the gallery's server: time limits, and fair shares when clients hold too many.

A client that is silent, sends its request byte by byte, or never reads the response would hold its
connection forever. Timers end such connections. If too many connections wait for a request, the
client with the most of them loses its oldest, so that one client cannot lock out the others.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Limits(NamedTuple):
    """Time limits in seconds, and numbers of connections."""

    request_seconds: float = 15.0  # until the headers of a request have arrived
    write_seconds: float = 60.0  # until a client reads the next part of a response
    waiting: int = 200  # connections without a request in progress, of all clients
    requests_of_client: int = 100  # in progress at once


_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"retry-after: 2\r\nconnection: close\r\n\r\nToo many requests at once."
)


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 of one connection, with `Limits`."""

    limits = Limits()

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as uvicorn calls it
        super().__init__(*args, **options)
        self._request_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self.waits_since = time.monotonic()

    @property
    def is_waiting(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_request()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request; its headers must be complete in time."""
        super().data_received(data)
        if not self.is_waiting:
            self._stop_request_timer()
        elif self._request_timer is None:
            self._expect_request()

    def handle_events(self) -> None:
        """Refuse requests beyond the share of a client."""
        if self._has_too_many() and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()
            return
        super().handle_events()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self.waits_since = time.monotonic()
        super().on_response_complete()
        # The rest of a body that nobody has read may come slowly, or never.
        if self.is_waiting and self.conn.their_state is h11.SEND_BODY:
            self._expect_request()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop to wait for the client, which reads again."""
        super().resume_writing()
        self._stop_write_timer()

    def _expect_request(self) -> None:
        self._stop_request_timer()
        self._request_timer = self.loop.call_later(self.limits.request_seconds, self._give_up)

    def _give_up(self) -> None:
        if self.is_waiting:
            self.transport.abort()

    def _stop_timers(self) -> None:
        self._stop_request_timer()
        self._stop_write_timer()

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _others(self) -> list[GuardedProtocol]:
        return [one for one in self.connections if isinstance(one, GuardedProtocol)]

    def _make_room(self) -> None:
        waiting = [one for one in self._others() if one.is_waiting]
        if len(waiting) <= self.limits.waiting:
            return
        numbers = Counter(one.client_host for one in waiting)
        oldest = min(waiting, key=lambda one: (-numbers[one.client_host], one.waits_since))
        oldest.connections.discard(oldest)  # it is lost a moment later
        oldest.transport.abort()

    def _has_too_many(self) -> bool:
        if not self.is_waiting:
            return False
        busy = sum(
            not one.is_waiting and one.client_host == self.client_host for one in self._others()
        )
        return busy >= self.limits.requests_of_client

    @property
    def client_host(self) -> str:
        """Return the address of the client."""
        return self.client[0] if self.client else ""
