"""What is asked for and cannot work on this machine is refused before anything starts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from schemas.errors import MissingToolError, UsageError


@contextlib.contextmanager
def tool_errors_as_usage(what: str) -> Iterator[None]:
    """Turn a tool that is found missing inside into a UsageError that names what was asked for."""
    try:
        yield
    except MissingToolError as error:
        raise UsageError(f"{what} cannot be made here: {error.message}", error.hint) from error
