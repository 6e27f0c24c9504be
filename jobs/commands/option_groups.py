"""Makes the options of a command from groups of settings.

A parameter of a command whose type is a group (a dataclass of `Setting`s) becomes one option for
each field of the group, and for each field of the groups in it. The command is called with the
group, which has checked itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from jobs.console.output import Output
from schemas.errors import UsageError
from schemas.setting_fields import (
    SettingField,
    check_choice,
    full_help,
    is_group,
    option_name,
    setting_field,
    setting_fields,
)

T = TypeVar("T")


class OnlyFields(tuple[str, ...]):
    """Beside a group: the fields that become options; the others keep their defaults."""

    __slots__ = ()


class WithoutFields(tuple[str, ...]):
    """Beside a group: the fields that do not become options."""

    __slots__ = ()


class DeferredGroup(Generic[T]):
    """A group that the command makes itself, since not each of its uses needs it."""

    def __init__(self, make: Callable[[], T]) -> None:
        """`make` raises UsageError where the options make no sense together."""
        self.make = make


def option_of(group: type, name: str) -> Any:  # noqa: ANN401 - typer's own type is not public
    """Return the option for one field of a group, to be written beside a type."""
    return _option(setting_field(group, name))


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for each field of the groups among its parameters."""
    hints = get_type_hints(command, include_extras=True)
    own: list[inspect.Parameter] = []
    groups: dict[str, _OptionGroup] = {}
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        group = _group_of(hint)
        if group is None:
            own.append(parameter.replace(annotation=hint))
        else:
            groups[parameter.name] = group
    # In this order in the help: what is special about the command, then what it shares.
    parameters = [*own, *(one for group in groups.values() for one in group.parameters())]
    names = [parameter.name for parameter in parameters]
    assert len(set(names)) == len(names), f"{command.__name__}: options of the same name"

    def run(**values: Any) -> None:  # noqa: ANN401 - as typer gives them
        notes: list[str] = []
        arguments = {name: group.take(values, notes) for name, group in groups.items()}
        for output in arguments.values():
            if isinstance(output, Output):
                for note in notes:
                    output.note(note)
        command(**arguments, **values)

    # Typer reads names, types and defaults from here.
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    )
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


class _OptionGroup(NamedTuple):
    """A group as a command has it."""

    kind: type
    options: tuple[SettingField, ...]
    inner: dict[str, _OptionGroup]
    is_made_later: bool

    def parameters(self) -> list[inspect.Parameter]:
        """Return what typer makes options of."""
        found = [one for group in self.inner.values() for one in group.parameters()]
        for field in self.options:
            found.append(_parameter(field.name, field, _option(field)))
            found += [
                _parameter(old, field, typer.Option(option_name(old), hidden=True))
                for old in _old_options(field)
            ]
        return found

    def take(self, values: dict[str, Any], notes: list[str]) -> Any:  # noqa: ANN401 - the group
        """Return the group, made of its options, which are taken out of `values`."""
        given = [(field, _taken(field, values, notes)) for field in self.options]
        groups = {name: group.take(values, notes) for name, group in self.inner.items()}

        def make() -> object:
            made = {field.name: _value(field, value) for field, value in given}
            return self.kind(**groups, **made)

        return DeferredGroup(make) if self.is_made_later else make()


def _group_of(hint: Any) -> _OptionGroup | None:  # noqa: ANN401 - any annotation
    kind: Any = hint
    notes: tuple[Any, ...] = ()
    if get_origin(kind) is Annotated:
        kind, *rest = get_args(kind)
        notes = tuple(rest)
    is_made_later = get_origin(kind) is DeferredGroup
    if is_made_later:
        (kind,) = get_args(kind)
    if not is_group(kind):
        return None
    only = next((note for note in notes if isinstance(note, OnlyFields)), None)
    without = next((note for note in notes if isinstance(note, WithoutFields)), WithoutFields())
    options = [
        field
        for field in setting_fields(kind)
        if field.name not in without and (only is None or field.name in only)
    ]
    hints = get_type_hints(kind)
    inner = {
        field.name: group
        for field in fields(kind)
        if only is None and (group := _group_of(hints[field.name])) is not None
    }
    return _OptionGroup(kind, tuple(options), inner, is_made_later)


def _parameter(name: str, field: SettingField, option: Any) -> inspect.Parameter:  # noqa: ANN401
    """Return the parameter for an option: what typer can read, with the field's default."""
    kind: Any = field.type
    default: Any = None if field.default is MISSING or name != field.name else field.default
    if field.setting.parse is not None:
        kind, default = str, None if default is None else str(default)
    elif get_origin(kind) is tuple:
        kind, default = list[get_args(kind)[0]], list(default or ())  # type: ignore[misc]
    if field.is_switched_off:
        default = False
    if default is None:
        kind = kind | None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, option],
    )


def _option(field: SettingField) -> Any:  # noqa: ANN401 - typer's own type is not public
    setting = field.setting
    names = [field.option] if setting.short is None else [field.option, setting.short]
    return typer.Option(
        *names,
        help=setting.help_off or full_help(setting),
        metavar=setting.metavar or _choices_text(field),
        envvar=setting.variable,
        dir_okay=field.type is not Path,
    )


def _choices_text(field: SettingField) -> str | None:
    """Return the choices as typer writes those of an enum."""
    if field.setting.choices is None or get_origin(field.type) is tuple:
        return None
    return f"[{'|'.join(field.setting.choices.get().names)}]"


def _old_options(field: SettingField) -> list[str]:
    return [] if field.type is bool else list(field.setting.old_names)


def _taken(field: SettingField, values: dict[str, Any], notes: list[str]) -> Any:  # noqa: ANN401
    """Take an option's value out of `values`, where it may stand under an old name."""
    value = values.pop(field.name)
    for old in _old_options(field):
        given = values.pop(old)
        if given is None:
            continue
        if value is not None:
            raise UsageError(
                f"{option_name(old)} is the old name of {field.option}: give one of them"
            )
        notes.append(f"{option_name(old)} is now called {field.option}.")
        value = given
    return value


def _value(field: SettingField, value: Any) -> Any:  # noqa: ANN401 - the field's type
    if field.is_switched_off:
        return not value
    check_choice(field.setting, field.option, value)
    if field.setting.parse is not None:
        return None if value is None else field.setting.parse(field.option, value)
    if get_origin(field.type) is tuple:
        return tuple(value)
    return value
