"""The page of the Python API: every name of `sharp_batch`, with its signature and docstring."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import sharp_batch
from docs_reference.markdown import code, plain
from schemas.errors import SharpBatchError

_HEAD = """# Python API

Made from the code: every name of `sharp_batch`. [Use it from Python](../how-to/python.md) shows how
they work together.

"""
_TITLES = ("Functions", "Classes", "Errors", "Registries and values")


def python_page() -> str:
    """Return the page in Markdown."""
    groups: dict[str, list[str]] = {title: [] for title in _TITLES}
    for name in sharp_batch.__all__:
        value = getattr(sharp_batch, name)
        groups[_title_of(value)].append("".join(_entry(name, value)))
    return _HEAD + "".join(
        f"## {title}\n\n{''.join(entries)}" for title, entries in groups.items() if entries
    )


def _title_of(value: object) -> str:
    if inspect.isfunction(value):
        return _TITLES[0]
    if isinstance(value, type):
        return _TITLES[2] if issubclass(value, SharpBatchError) else _TITLES[1]
    return _TITLES[3]


def _entry(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any public object
    yield f"### {name}\n\n"
    if inspect.isfunction(value):
        yield _signature(name, value)
        yield _text(value)
    elif isinstance(value, type):
        yield _text(value)
        if issubclass(value, Enum):
            yield _choices(list(value))
        elif not issubclass(value, SharpBatchError):
            yield from _members(value)
    elif not isinstance(value, str):
        yield f"{plain(type(value).__name__.strip('_'))}: {', '.join(map(code, value.names))}.\n\n"
    else:
        yield f"{code(value)}\n\n"


def _choices(members: Sequence[Enum]) -> str:
    return f"Values: {', '.join(code(one.value) for one in members)}.\n\n"


def _members(kind: type) -> Iterator[str]:
    """Yield the fields of a record, and the methods and properties of a class."""
    names = [one.name for one in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    fields = [name for name in names or getattr(kind, "_fields", []) if not name.startswith("_")]
    if fields:
        yield f"Fields: {', '.join(map(code, fields))}.\n\n"
    for name, member in vars(kind).items():
        if name.startswith("_") or name in fields:
            continue
        function = member.fget if isinstance(member, property) else member
        function = getattr(function, "__func__", function)  # of a static or a class method
        if not inspect.isfunction(function):
            continue
        shown = code(name) if isinstance(member, property) else code(_call(name, function))
        text = " ".join((inspect.getdoc(function) or "").split())
        yield f"- {shown}: {text}\n"
    yield "\n"


class _Plain:
    """An annotation that is shown as it is written."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _call(name: str, function: Any) -> str:  # noqa: ANN401
    """Return a function with its parameters, as one writes it."""
    signature = inspect.signature(function)
    parameters = [
        one.replace(annotation=_Plain(one.annotation), default=_default(one.default))
        for one in signature.parameters.values()
        if one.name != "self"
    ]
    result = _Plain(signature.return_annotation)
    return f"{name}{inspect.Signature(parameters, return_annotation=result)}"


def _default(value: object) -> object:
    """Return a default as it is shown: a group of settings has too many parts."""
    return _Plain("...") if dataclasses.is_dataclass(value) else value


def _signature(name: str, function: Any) -> str:  # noqa: ANN401
    return f"```python\n{_call(name, function)}\n```\n\n"


def _text(value: object) -> str:
    return f"{inspect.getdoc(value) or ''}\n\n"
