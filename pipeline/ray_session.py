"""Keeps signals that are meant for a run away from the Ray of its own that works for it.

A terminal, `timeout` or a service manager signals a run's whole process group. Ray's daemons stay
in the group of the process that starts them, and end at SIGTERM: the photos under way would be
lost with them. They need no signals of their own, for the kernel ends them with their parent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ray._private import services


class _InOwnSession(services.ConsolePopen):  # type: ignore[misc]  # ray has no types of its own
    def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 - of Popen
        super().__init__(command, **options, start_new_session=True)


@contextlib.contextmanager
def daemons_in_own_session() -> Iterator[None]:
    """While this holds, Ray's daemons that are started here each get a session of their own."""
    before = services.ConsolePopen
    services.ConsolePopen = _InOwnSession
    try:
        yield
    finally:
        services.ConsolePopen = before
