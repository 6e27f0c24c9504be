"""The one error of an engine that cannot work on this machine."""

from __future__ import annotations


class EngineError(RuntimeError):
    """An engine cannot work here. The message says what is missing and what to do."""
