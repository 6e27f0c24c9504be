"""TOML files -> frozen dataclasses. What is wrong is told with file, line and key.

A table is a dataclass: its fields are the keys, their types what values may be, and a field without
a default must be there.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pipeline.store.root import LibraryRoot, parse_root
from schemas.errors import SharpBatchError, UsageError

T = TypeVar("T")
Key = tuple[str | int, ...]  # names of tables and keys, numbers of tables in an array

_HEADER = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a file, for errors."""

    file: Path
    lines: dict[Key, int]
    key: Key = ()

    def inner(self, name: str | int) -> Place:
        """Return the place of a key in this table."""
        return Place(self.file, self.lines, (*self.key, name))

    def error(self, message: str, hint: str = "") -> UsageError:
        """Return the error for this key."""
        key = self.key
        while key and key not in self.lines:
            key = key[:-1]
        line = f", line {self.lines[key]}" if key else ""
        name = ".".join(part for part in self.key if isinstance(part, str))
        return UsageError(f"{self.file}{line}: {f'{name}: ' if name else ''}{message}", hint)


def read_config(path: Path, kind: type[T]) -> tuple[T, Place]:
    """Read a file as a `kind`. Raises UsageError."""
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = line[1] if line else str(text.count("\n") + 1)
        raise UsageError(f"{path}, line {number}: {error}", "The file is TOML: toml.io.") from error
    place = Place(path, lines_of(text))
    return _table(values, kind, place), place


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


def _table(values: dict[str, Any], kind: type[T], place: Place) -> T:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise place.inner(name).error(
                "there is no such key", _suggestion(name, list(known), "Keys here")
            )
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise place.error(f"the key '{name}' is missing")
    hints = get_type_hints(kind)
    read = {name: _value(value, hints[name], place.inner(name)) for name, value in values.items()}
    try:
        return kind(**read)
    except SharpBatchError as error:
        raise place.error(error.message, error.hint) from error


def _value(value: object, kind: Any, place: Place) -> object:  # noqa: ANN401 - any annotation
    if kind == LibraryRoot:
        return _root(value, place)
    if get_origin(kind) in {Union, types.UnionType}:
        (kind,) = (part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is tuple:
        return _values(value, get_args(kind)[0], place)
    if isinstance(kind, type) and is_dataclass(kind):
        if not isinstance(value, dict):
            raise place.error("this is a table", f"Write it as [{place.key[-1]}].")
        return _table(value, kind, place)
    if issubclass(kind, StrEnum):
        return _choice(value, kind, place)
    if issubclass(kind, Path) and isinstance(value, str):
        return _path_from(place, Path(value))
    wanted = str if issubclass(kind, Path) else kind
    is_number = kind is float and isinstance(value, int) and not isinstance(value, bool)
    if not is_number and type(value) is not wanted:
        raise place.error(f"expected {_NAMES[wanted]}, found {value!r}")
    return float(value) if is_number else value  # type: ignore[arg-type]


def _root(value: object, place: Place) -> LibraryRoot:
    if not isinstance(value, str):
        raise place.error(f"expected {_NAMES[str]}, found {value!r}")
    try:
        root = parse_root(value)
    except UsageError as error:
        raise place.error(error.message, error.hint) from error
    return _path_from(place, root) if isinstance(root, Path) else root


def _path_from(place: Place, path: Path) -> Path:
    """Return a path relative to the file that names it, wherever the program is started."""
    return place.file.absolute().parent / path.expanduser()


def _values(value: object, kind: Any, place: Place) -> tuple[object, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        how = f"[[{place.key[-1]}]]" if is_dataclass(kind) else f"{place.key[-1]} = [...]"
        raise place.error("this is a list", f"Write it as {how}.")
    return tuple(_value(item, kind, place.inner(index)) for index, item in enumerate(value))


def _choice(value: object, kind: type[StrEnum], place: Place) -> StrEnum:
    names = [str(member) for member in kind]
    if value not in names:
        raise place.error(
            f"{value!r} is none of the choices", _suggestion(str(value), names, "Choices")
        )
    return kind(value)


def _suggestion(name: str, known: list[str], title: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    listed = f"{title}: {', '.join(known)}."
    return f"Did you mean '{near[0]}'? {listed}" if near else listed
