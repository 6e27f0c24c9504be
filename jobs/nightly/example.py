"""An example of a nightly configuration, made from its tables: it shows every key there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

from jobs.nightly.config import NightlyConfig
from jobs.nightly.config_file import TableKey, all_keys
from pipeline.store.root import DEFAULT_LIBRARY
from schemas.setting_fields import help_with_choices, without_none

_HEAD = (
    "# Configuration of 'sharp-batch nightly'. Paths are relative to this file.\n"
    "# To set a key, remove the # before it.\n"
)
# What is written; all other keys are comments.
_VALUES: dict[str, object] = {
    "library": DEFAULT_LIBRARY,
    "sources.path": "~/Photos",
    "sources.exclude": ["*_edited*", "*/Trash/*"],
    "model.name": "sharp",
    "previews.kinds": ["clip"],
    "window.start": "01:00",
    "window.until": "06:30",
    "limits.free_gb": 20,
    "verify.sample": 200,
    "gc.enabled": False,
    "report.when": "always",
}
_COMMENTED = "exports"  # a table that a person has to fill first
_COLUMN = 34


def example_text() -> str:
    """Return a configuration that can be used as it is, with all other keys as comments."""
    return _HEAD + "".join(f"{line}\n" for line in _table(NightlyConfig, ""))


def _table(table: type, prefix: str) -> Iterator[str]:
    """Yield the keys of a table, and then the tables in it."""
    tables = []
    for name, key in all_keys(table).items():
        kind, _ = without_none(key.kind)
        is_array = get_origin(kind) is tuple and is_dataclass(get_args(kind)[0])
        inner = get_args(kind)[0] if is_array else kind
        if is_dataclass(inner) and key.setting.parse is None:
            tables.append((f"{prefix}{name}", inner, is_array))
        else:
            yield _line(f"{prefix}{name}", name, key)
    for name, inner, is_array in tables:
        assert isinstance(inner, type)
        title = f"[[{name}]]" if is_array else f"[{name}]"
        about = (inner.__doc__ or "").splitlines()[0]
        yield ""
        head = f"{'# ' if name.startswith(_COMMENTED) else ''}{title}"
        yield f"{head:<{_COLUMN}} # {about}"
        yield from _table(inner, f"{name}.")


def _line(path: str, name: str, key: TableKey) -> str:
    value = _VALUES.get(path, key.setting.example if key.default in (None, ()) else key.default)
    if key.is_required and path not in _VALUES:
        value = key.setting.example
    text = f"{'' if path in _VALUES else '# '}{name} = {_toml(value)}"
    about = key.setting.help
    if key.setting.choices is not None:
        names = ", ".join(key.setting.choices.get().names)
        is_inside = "{choices}" in about
        about = help_with_choices(key.setting, names if is_inside else f"One of: {names}")
    kind, _ = without_none(key.kind)
    kind = get_args(kind)[0] if get_origin(kind) is tuple else kind
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        about = f"{about} One of: {', '.join(kind)}."
    return f"{text:<{_COLUMN}} # {about}"


def _toml(value: Any) -> str:  # noqa: ANN401 - any setting's value
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, default=lambda other: str(other) if isinstance(other, Path) else None)
