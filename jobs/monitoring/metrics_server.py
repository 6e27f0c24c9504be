"""An HTTP endpoint of metrics on this machine, while something works."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from prometheus_client import start_http_server
from prometheus_client.registry import CollectorRegistry

_HOST = "127.0.0.1"


@contextlib.contextmanager
def serving_metrics(
    port: int | None, registry: CollectorRegistry, warn: Callable[[str], None]
) -> Iterator[None]:
    """Serve /metrics on a port inside the context; a port that is taken is a warning."""
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, _HOST, registry)
    except OSError as error:
        warn(f"no metrics at {_HOST}:{port}: {error.strerror or error}")
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
