"""Writes Markdown: tables, and texts that no letter of it changes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_<>\[\]|#])")
_LITERAL = re.compile(r"'([^' ]+)'|(?<![\w'])(--[a-z0-9][a-z0-9-]*)")


def plain(text: str) -> str:
    """Return a text of the code for Markdown; 'words' and --options in it become code."""
    parts: list[str] = []
    end = 0
    for found in _LITERAL.finditer(text):
        parts += [_SPECIAL.sub(r"\\\1", text[end : found.start()]), code(found[1] or found[2])]
        end = found.end()
    return "".join([*parts, _SPECIAL.sub(r"\\\1", text[end:])])


def code(value: object) -> str:
    """Return a value as code, which tables can hold too; "" for ""."""
    text = str(value)
    if "|" in text:  # would end the cell of a table, and a backslash before it would be shown
        return f"<code>{html.escape(text).replace('|', '&#124;')}</code>"
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown without line breaks."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
