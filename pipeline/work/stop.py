"""A request that a run ends soon, keeping what it has."""

from __future__ import annotations

from datetime import datetime


class Stop:
    """Asks a runner to begin no more photos and to finish those that have been predicted."""

    def __init__(self, deadline: datetime | None = None) -> None:
        """Ask by itself at `deadline`, local time with its zone."""
        self._deadline = deadline
        self._is_asked = False

    @property
    def is_asked(self) -> bool:
        """Whether the run is to end, by request or because its time is up."""
        return self._is_asked or self.is_late

    @property
    def is_requested(self) -> bool:
        """Whether a stop was requested, apart from the deadline."""
        return self._is_asked

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._deadline is not None and datetime.now().astimezone() >= self._deadline

    def ask(self) -> None:
        """Ask. What is finished stays; what is dropped is due in the next run."""
        self._is_asked = True
