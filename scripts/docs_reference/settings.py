"""The page of configuration files: the keys of `nightly` and of `train`, and the environment."""

from __future__ import annotations

import ast
import inspect
import io
import json
import textwrap
import tokenize
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from docs_reference.markdown import code, plain, table
from jobs.commands.options import LibraryOptions
from jobs.gallery.serve import TOKEN_VARIABLE
from jobs.nightly.config import NightlyConfig
from jobs.nightly.config_file import TableKey, all_keys
from schemas.setting_fields import (
    Setting,
    full_help,
    limits_text,
    setting_fields,
    without_none,
)
from schemas.settings import ModelSettings
from sharp_core.training.sharp.settings import TrainingSettings

_HEAD = """# Configuration

Made from the code.

## Environment {#environment}

"""
_NIGHTLY = """## nightly {#nightly}

`sharp-batch nightly --print-config` prints a file with all of these keys and their meaning. Paths
are relative to the file. A key that does not exist is an error that names the line.

"""
_TRAIN = """## train {#train}

Keys of the file of `train --config`, with the values of the preset `sharp`. What is not given keeps
the value of the preset; options of the command line override both. Keys of `[data]` say what a run
learns from: see [Training](../how-to/training.md).

"""
_WORDS: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path",
}  # fmt: skip


def settings_page() -> str:
    """Return the page in Markdown."""
    return "".join(
        [
            *(_HEAD, _environment(), _NIGHTLY, *_tables(NightlyConfig, "")),
            *(_TRAIN, *_training_tables(TrainingSettings, "")),
        ]
    )


def _environment() -> str:
    rows = [
        [code(field.setting.variable), f"Default of {code(field.option)}."]
        for group in (LibraryOptions, ModelSettings)
        for field in setting_fields(group)
        if field.setting.variable
    ]
    rows += [
        [code("SHARP_BATCH_HOME"), "Folder of downloaded weights and of the gallery's cache."],
        [code(TOKEN_VARIABLE), "Token of a gallery that other machines can access."],
    ]
    return table(["variable", "meaning"], rows)


def _tables(kind: type, name: str) -> Iterator[str]:
    inner: list[tuple[str, type, bool]] = []
    rows = []
    for key, entry in all_keys(kind).items():
        value, _ = without_none(entry.kind)
        is_array = get_origin(value) is tuple and is_dataclass(get_args(value)[0])
        value = get_args(value)[0] if is_array else value
        if is_dataclass(value) and entry.setting.parse is None and isinstance(value, type):
            inner.append((f"{name}{key}", value, is_array))
        else:
            rows.append([code(key), _type_words(entry.kind), _default(entry), _meaning(entry)])
    yield table(["key", "value", "default", "meaning"], rows)
    for path, table_kind, is_array in inner:
        title = f"[[{path}]]" if is_array else f"[{path}]"
        yield f"### `{title}`\n\n{plain((table_kind.__doc__ or '').splitlines()[0])}\n\n"
        yield from _tables(table_kind, f"{path}.")


def _meaning(entry: TableKey) -> str:
    setting = entry.setting
    limits = ""
    if setting.minimum is not None or setting.maximum is not None:
        limits = f" ({limits_text(setting)})"
    return plain(full_help(setting) + limits)


def _default(entry: TableKey) -> str:
    if entry.is_required:
        return "required"
    return "" if entry.default in (None, ()) else code(_toml(entry.default))


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, default=str)


def _type_words(kind: Any) -> str:  # noqa: ANN401 - any annotation
    if get_origin(kind) in (Union, UnionType):
        first, *_ = [one for one in get_args(kind) if one is not type(None)]
        return _type_words(first)
    if get_origin(kind) is tuple:
        return f"list of {_type_words(get_args(kind)[0])}"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(map(code, kind))
    return _WORDS.get(kind, "text")


def _training_tables(kind: type, name: str) -> Iterator[str]:
    """Yield the tables of a group of training settings; comments beside the fields say more."""
    comments = _comments(kind)
    settings = {field.name: field.setting for field in setting_fields(kind)}
    rows, inner = [], []
    for field in fields(kind):
        factory = field.default_factory
        value = factory() if factory is not MISSING else field.default
        if is_dataclass(value):
            inner.append((field.name, type(value)))
            continue
        setting = settings.get(field.name, Setting(""))
        has_limits = (setting.minimum, setting.maximum) != (None, None)
        shown = "" if value in (None, ()) else code(_toml(value))
        meaning = plain(comments.get(field.name, ""))
        rows.append([code(field.name), shown, limits_text(setting) if has_limits else "", meaning])
    if name:
        yield f"### `[{name}]` of train\n\n"
    yield table(["key", "default", "limits", "meaning"], rows)
    for inner_name, inner_kind in inner:
        yield from _training_tables(inner_kind, inner_name)


def _comments(kind: type) -> dict[str, str]:
    """Return the comments beside the fields of a class, by field."""
    source = textwrap.dedent(inspect.getsource(kind))
    texts = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)
    for node in body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            found[node.target.id] = " ".join(texts[line] for line in lines if line in texts)
    return found
