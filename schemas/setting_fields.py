"""What is known of a setting beside its type and default: its meaning, its names and its limits.

A group of settings is a frozen dataclass whose fields are annotated with a `Setting`. The options
of commands, the keys of configuration files and the fields of web pages are all made from that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from schemas.errors import UsageError
from schemas.registry import Lazy

T = TypeVar("T")
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_CHOICES = "{choices}"  # in a help: where the choices are named


class ChoiceSource(Protocol):
    """The names that a setting can have: a registry."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        ...

    @property
    def labels(self) -> str:
        """What each of them is, for people: a part of a sentence."""
        ...

    def check(self, name: str, option: str) -> None:
        """Raise UsageError, which lists the names, where this is none of them."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field of a group means. Its names are those of the field, unless others are given."""

    help: str
    help_off: str | None = None  # of an option that turns the setting off
    option: str | None = None  # of the command line, as in --kind for a field `kinds`
    short: str | None = None  # the option in one letter, as -q
    key: str | None = None  # of a configuration file
    is_lasting: bool = True  # False: asked for once, so that no configuration file may hold it
    minimum: float | None = None
    maximum: float | None = None
    hint: str = ""  # what to do about a number outside of the limits
    metavar: str | None = None
    variable: str | None = None  # of the environment, which gives a command its default
    old_names: tuple[str, ...] = ()  # of the field; still read, as options and keys too
    choices: Lazy[ChoiceSource] | None = None  # of names; imported when they are asked for
    example: object = None  # for a configuration file, where there is no default to show
    parse: Callable[[str, str], Any] | None = None  # (option, text) -> value. Raises UsageError


class SettingField(NamedTuple):
    """A field of a group with all that is known of it."""

    name: str
    type: Any  # without None and without annotations
    is_optional: bool  # None is a value too
    default: Any  # MISSING where one has to be given
    setting: Setting

    @property
    def is_switched_off(self) -> bool:
        """Whether it is true by default, so that its option turns it off."""
        return self.type is bool and self.default is True

    @property
    def option(self) -> str:
        """The option of the command line."""
        if self.setting.option is not None:
            return self.setting.option
        return option_name(self.name, negative=self.is_switched_off)

    @property
    def key(self) -> str:
        """The key of a configuration file."""
        return self.setting.key or self.name


def check_choice(setting: Setting, option: str, value: object) -> None:
    """Raise UsageError where a name, or one of several, is none of a setting's choices."""
    if setting.choices is None or value is None:
        return
    for name in value if isinstance(value, tuple | list) else (value,):
        setting.choices.get().check(str(name), option)


def full_help(setting: Setting) -> str:
    """Return what a setting means and what its choices are, in whole sentences."""
    if setting.choices is None:
        return setting.help
    return help_with_choices(setting, setting.choices.get().labels)


def help_with_choices(setting: Setting, choices: str) -> str:
    """Return a setting's help with its choices: at `{choices}`, or as a sentence at the end."""
    if _CHOICES in setting.help:
        return setting.help.replace(_CHOICES, choices)
    return f"{setting.help} {choices}."


def option_name(field: str, *, negative: bool = False) -> str:
    """Return the option for a field of that name."""
    return f"--{'no-' if negative else ''}{field.replace('_', '-')}"


def setting_fields(group: type[Any]) -> tuple[SettingField, ...]:
    """Return the fields of a group that have a `Setting`, in order."""
    return _setting_fields(group)  # type: ignore[arg-type] # every type can be hashed


@cache
def _setting_fields(group: Hashable) -> tuple[SettingField, ...]:
    assert isinstance(group, type)
    hints = get_type_hints(group, include_extras=True)
    found = []
    for field in fields(group):
        kind, setting = _split(hints[field.name])
        if setting is None:
            continue
        kind, is_optional = without_none(kind)
        default = field.default
        if default is MISSING and field.default_factory is not MISSING:
            default = field.default_factory()
        found.append(SettingField(field.name, kind, is_optional, default, setting))
    return tuple(found)


def setting_field(group: type, name: str) -> SettingField:
    """Return one field of a group."""
    return next(field for field in setting_fields(group) if field.name == name)


def _split(hint: Any) -> tuple[Any, Setting | None]:  # noqa: ANN401 - any annotation
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, *notes = get_args(hint)
    return kind, next((note for note in notes if isinstance(note, Setting)), None)


def without_none(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any annotation
    """Return a type without None, and whether None was part of it."""
    if get_origin(hint) not in {Union, UnionType}:
        return hint, False
    kinds = [part for part in get_args(hint) if part is not NoneType]
    return Union[tuple(kinds)], len(kinds) < len(get_args(hint))  # noqa: UP007 - made of a list


def check_limits(settings: object) -> None:
    """Raise UsageError where a number of a group lies outside of its limits."""
    for field in setting_fields(type(settings)):
        check_limit(field.setting, field.option, getattr(settings, field.name))


def check_limit(setting: Setting, name: str, value: object) -> None:
    """Raise UsageError, which calls the setting `name`, where a number is outside of its limits."""
    if isinstance(value, int | float) and not _is_within(value, setting):
        raise UsageError(f"{name} must be {limits_text(setting)}", setting.hint)


def _is_within(value: float, setting: Setting) -> bool:
    # A NaN is within no limits, which a test for being outside would not see.
    return (setting.minimum is None or value >= setting.minimum) and (
        setting.maximum is None or value <= setting.maximum
    )


def limits_text(setting: Setting) -> str:
    """Return the limits of a number as people write them."""
    least, most = setting.minimum, setting.maximum
    if least is None:
        return f"at most {_number(most)}" if most is not None else "any number"
    if most is None:
        return f"at least {_number(least)}"
    return f"between {_number(least)} and {_number(most)}"


def _number(value: float) -> str:
    return f"{value:,}" if value >= 10_000 else f"{value:g}"


def from_recorded(group: type[T], values: Mapping[str, object]) -> T | None:
    """Return a group as an older run has recorded it; None where its settings are not ours."""
    names = {old: field.name for field in setting_fields(group) for old in field.setting.old_names}
    try:
        return group(**{names.get(name, name): value for name, value in values.items()})
    except (TypeError, UsageError):  # settings of another version
        return None


def is_group(kind: object) -> bool:
    """Tell whether a type is a dataclass with settings among its fields, or with such groups."""
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return False
    return bool(setting_fields(kind)) or any(
        is_group(hint) for hint in get_type_hints(kind).values()
    )


def value_of_text(field: SettingField, name: str, text: str) -> Any:  # noqa: ANN401 - its own type
    """Read a setting from a text, as in an address; `name` is what an error calls it.

    Raises UsageError.
    """
    if field.setting.parse is not None:
        return field.setting.parse(name, text)
    check_choice(field.setting, name, text)
    if field.type is bool:
        if text.lower() not in _TRUTHS:
            raise UsageError(f"{name} '{text}' is not true or false")
        return _TRUTHS[text.lower()]
    try:
        return field.type(text)
    except ValueError:
        raise UsageError(f"{name} '{text}' is not a {_words(field.type)}") from None


def _words(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return f"choice: {', '.join(kind)}"
    return {int: "whole number", float: "number"}.get(kind, kind.__name__)
