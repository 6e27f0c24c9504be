"""Where the keys of a TOML file are, for errors that name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.errors import UsageError

Key = tuple[str | int, ...]  # names of tables and keys, numbers of tables in an array

_HEADER = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)


@dataclass(frozen=True, slots=True)
class KeyLocation:
    """A key of a file, for errors."""

    file: Path
    lines: dict[Key, int]
    note: Callable[[str], None]  # gets texts for people
    key: Key = ()

    def inner(self, name: str | int) -> KeyLocation:
        """Return the location of a key in this table."""
        return replace(self, key=(*self.key, name))

    def text(self, key: str) -> str:
        """Return file and line of a key in this table."""
        return self.inner(key)._text()

    def error(self, message: str, hint: str = "") -> UsageError:
        """Return the error for this key."""
        name = ".".join(part for part in self.key if isinstance(part, str))
        return UsageError(f"{self._text()}: {f'{name}: ' if name else ''}{message}", hint)

    def _text(self) -> str:
        key = self.key
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.file}, line {self.lines[key]}" if key else str(self.file)


def lines_of(text: str) -> dict[Key, int]:
    """Return the line of every table and key; those inside an inline table have its line."""
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    inside = ""  # of a text over several lines, the marks that end it
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            if inside in line:
                inside = ""
            continue
        header = _HEADER.match(line)
        if header:
            table = _path(header[2], counts)
            if header[1]:
                index = counts.get(table, 0)
                counts[table] = index + 1
                lines.setdefault(table, number)
                table = (*table, index)
            lines.setdefault(table, number)
            continue
        entry = _ENTRY.match(line)
        if entry:
            names = _path(entry[1], {})
            for count in range(1, len(names) + 1):
                lines.setdefault((*table, *names[:count]), number)
        for marks in ('"""', "'''"):
            if line.count(marks) == 1:
                inside = marks
    return lines


def _path(text: str, counts: dict[Key, int]) -> Key:
    """Return the names of a dotted key; of arrays of tables on the way, the last table is meant."""
    names = [name.strip().strip("\"'") for name in text.split(".")]
    key: Key = ()
    for name in names[:-1]:
        key = (*key, name)
        if key in counts:
            key = (*key, counts[key] - 1)
    return (*key, names[-1])
