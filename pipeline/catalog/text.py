"""How the catalog stores what is not plain text: paths of any bytes, messages, time offsets."""

from __future__ import annotations

import os
import re
from datetime import timedelta

from schemas.path_text import path_text

_ESCAPED_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")


def clean_text(text: str | None) -> str | None:
    """Return text from a file or an error as a database takes it: no halves of characters."""
    return text and text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def path_bytes(path: str) -> bytes:
    r"""Return the file's name on disk for a path as the catalog holds it.

    The inverse of `path_text`. A file whose name holds a \xNN of its own is told apart by being
    there under that name.
    """
    literal = os.fsencode(path)
    if os.path.lexists(literal):
        return literal
    raw = _ESCAPED_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), literal)
    return raw if path_text(os.fsdecode(raw)) == path else literal


def path_on_disk(path: str) -> str:
    r"""Return a path of the catalog as a scan finds it; only those that hold a \x ask the disk."""
    return os.fsdecode(path_bytes(path)) if "\\x" in path else path


def offset_text(offset: timedelta | None) -> str | None:
    """Return a UTC offset as +HH:MM."""
    if offset is None:
        return None
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
