"""The sources of context that this program reads, most trusted first."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.context.source import ContextEntry
from schemas.registry import Registry


def _built_in() -> Iterable[ContextEntry]:
    """Return the entries of this package's sources."""
    return ()


SOURCES: Registry[ContextEntry] = Registry("source of context", ContextEntry, _built_in)
