"""How a run is asked to end well."""

from __future__ import annotations


class Stop:
    """Asks a runner to take no more photos and to finish those that are well on their way."""

    def __init__(self) -> None:
        self.is_asked = False

    def ask(self) -> None:
        """Ask. What is finished stays; what is dropped is due in the next run."""
        self.is_asked = True
