"""TOML files -> frozen dataclasses. Errors name file, line and key.

A table is a dataclass: its fields are the keys, their types say what values may be, and a field
without a default must be there. A field that is `INLINE` is a dataclass too, whose keys are in the
same table. A `Setting` beside a type gives the key's name and its older names.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from jobs.nightly.key_location import KeyLocation, lines_of
from pipeline.store.root import LibraryRoot, parse_root
from schemas.errors import SharpBatchError, UsageError
from schemas.setting_fields import Setting, check_limit, option_name, without_none

T = TypeVar("T")

INLINE = "inline"  # beside the type of a field: its keys are in the table itself
_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def read_config(path: Path, kind: type[T], note: Callable[[str], None]) -> tuple[T, KeyLocation]:
    """Read a file as a `kind`; `note` gets a text for each key that was renamed.

    Raises UsageError.
    """
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = line[1] if line else str(text.count("\n") + 1)
        raise UsageError(f"{path}, line {number}: {error}", "The file is TOML: toml.io.") from error
    location = KeyLocation(path, lines_of(text), note)
    return _table(values, kind, location), location


class TableKey(NamedTuple):
    """A key of a table."""

    field: str
    kind: Any
    setting: Setting
    default: Any  # MISSING where it has to be there

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is MISSING


def keys_of(table: type) -> dict[str, TableKey]:
    """Return the keys of a table, without those of the fields that are `INLINE`."""
    hints = get_type_hints(table, include_extras=True)
    keys = {}
    for field in fields(table):
        if is_inline(hints[field.name]):
            continue
        kind, *notes = parts_of(hints[field.name])
        setting = next((note for note in notes if isinstance(note, Setting)), Setting(""))
        if not setting.is_lasting:
            continue
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        keys[setting.key or field.name] = TableKey(field.name, kind, setting, default)
    return keys


def inline_tables(table: type) -> dict[str, type]:
    """Return the fields of a table whose keys are in the table itself."""
    hints = get_type_hints(table, include_extras=True)
    return {name: parts_of(hint)[0] for name, hint in hints.items() if is_inline(hint)}


def parts_of(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """Return a type, and what is noted beside it."""
    return get_args(hint) if get_origin(hint) is Annotated else (hint,)


def is_inline(hint: Any) -> bool:  # noqa: ANN401 - any annotation
    """Tell whether the keys of a field are in its table itself."""
    return INLINE in parts_of(hint)[1:]


def all_keys(table: type) -> dict[str, TableKey]:
    """Return the keys of a table, those of its `INLINE` fields first."""
    keys: dict[str, TableKey] = {}
    for inner in inline_tables(table).values():
        keys |= all_keys(inner)
    return keys | keys_of(table)


def _table(values: dict[str, Any], kind: type[T], location: KeyLocation) -> T:
    known = all_keys(kind)
    values = _renamed(values, known, location)
    for name in values:
        if name not in known:
            raise location.inner(name).error(
                "there is no such key", _suggestion(name, list(known), "Keys here")
            )
    for name, key in known.items():
        if key.is_required and name not in values:
            raise location.error(f"the key '{name}' is missing")
    return _filled(values, kind, location)


def _filled(values: dict[str, Any], kind: type[T], location: KeyLocation) -> T:
    """Make a table of the values whose keys are its own."""
    read: dict[str, object] = {
        name: _filled(values, inner, location) for name, inner in inline_tables(kind).items()
    }
    for name, key in keys_of(kind).items():
        if name in values:
            at = location.inner(name)
            is_text = key.setting.parse is not None
            read[key.field] = _value(values[name], str if is_text else key.kind, at)
            _check_limit(key.setting, name, read[key.field], at)
            if key.setting.choices is not None:
                _check_names(read[key.field], list(key.setting.choices.get().names), at)
    try:
        for key in keys_of(kind).values():
            if key.setting.parse is not None and key.field in read:
                read[key.field] = key.setting.parse(option_name(key.field), str(read[key.field]))
        return kind(**read)
    except SharpBatchError as error:
        raise location.error(error.message, error.hint) from error


def _check_limit(setting: Setting, name: str, value: object, at: KeyLocation) -> None:
    try:
        check_limit(setting, name, value)
    except UsageError as error:
        raise at.error(error.message, error.hint) from error


def _renamed(
    values: dict[str, Any], known: dict[str, TableKey], location: KeyLocation
) -> dict[str, Any]:
    """Return values by the names that their keys have now."""
    now = {old: name for name, key in known.items() for old in key.setting.old_names}
    renamed = {}
    for name, value in values.items():
        if name in now:
            if now[name] in values:
                raise location.inner(name).error(f"this is the old name of '{now[name]}': give one")
            location.note(f"{location.text(name)}: the key is called '{now[name]}' now")
        renamed[now.get(name, name)] = value
    return renamed


def _value(value: object, kind: Any, location: KeyLocation) -> object:  # noqa: ANN401 - any annotation
    kind, _ = without_none(kind)
    if kind == LibraryRoot:
        return _root(value, location)
    if get_origin(kind) is tuple:
        return _values(value, get_args(kind)[0], location)
    if isinstance(kind, type) and is_dataclass(kind):
        if not isinstance(value, dict):
            raise location.error(f"expected a table, found {value!r}", _how_to_write(location.key))
        return _table(value, kind, location)
    if issubclass(kind, StrEnum):
        return _choice(value, kind, location)
    if issubclass(kind, Path) and isinstance(value, str):
        return _path_from(location, Path(value))
    wanted = str if issubclass(kind, Path) else kind
    is_number = kind is float and isinstance(value, int) and not isinstance(value, bool)
    if not is_number and type(value) is not wanted:
        raise location.error(f"expected {_NAMES[wanted]}, found {value!r}")
    return float(value) if is_number else value  # type: ignore[arg-type]


def _how_to_write(key: tuple[str | int, ...]) -> str:
    """Return how the header of a table is written; of a list of tables, that of each."""
    name = ".".join(part for part in key if isinstance(part, str))
    header = f"[[{name}]]" if isinstance(key[-1], int) else f"[{name}]"
    return f"Write {header} on a line of its own, and its keys below."


def _root(value: object, location: KeyLocation) -> LibraryRoot:
    if not isinstance(value, str):
        raise location.error(f"expected {_NAMES[str]}, found {value!r}")
    try:
        root = parse_root(value)
    except UsageError as error:
        raise location.error(error.message, error.hint) from error
    return _path_from(location, root) if isinstance(root, Path) else root


def _path_from(location: KeyLocation, path: Path) -> Path:
    """Return a path relative to the file that names it, wherever the program is started."""
    return location.file.absolute().parent / path.expanduser()


def _values(value: object, kind: Any, location: KeyLocation) -> tuple[object, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        how = f"[[{location.key[-1]}]]" if is_dataclass(kind) else f"{location.key[-1]} = [...]"
        raise location.error("this is a list", f"Write it as {how}.")
    return tuple(_value(item, kind, location.inner(index)) for index, item in enumerate(value))


def _choice(value: object, kind: type[StrEnum], location: KeyLocation) -> StrEnum:
    _check_names(value, [str(member) for member in kind], location)
    return kind(str(value))


def _check_names(value: object, names: list[str], location: KeyLocation) -> None:
    """Raise UsageError where a name, or one of a list, is none of these."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_names(item, names, location.inner(index))
    elif value not in names:
        raise location.error(
            f"{value!r} is none of the choices", _suggestion(str(value), names, "Choices")
        )


def _suggestion(name: str, known: list[str], title: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    listed = f"{title}: {', '.join(known)}."
    return f"Did you mean '{near[0]}'? {listed}" if near else listed
