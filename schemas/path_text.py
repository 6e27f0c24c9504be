"""Paths as the catalog and messages have them: text, whatever their bytes are."""

from __future__ import annotations

import os


def path_text(path: str) -> str:
    r"""Return `path` as the catalog holds and sorts it: bytes that are no UTF-8 become \xNN."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")
