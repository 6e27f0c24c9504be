"""The page of all commands: what `--help` says, and the groups of options that they share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import typer

from docs_reference.markdown import code, plain, table
from jobs.cli import make_command_line
from jobs.commands.options import LibraryOptions
from jobs.console.output import Output
from pipeline.catalog.filters import Filters
from pipeline.catalog.photo_filters import PhotoFilters
from schemas.setting_fields import setting_fields

_HEAD = """# Commands

Made from the code. `sharp-batch COMMAND --help` prints the same. Options that many commands share
are described once: [of the library](#library), [of the output](#output) and
[filters](#filters). What commands end with is in [Exit codes](codes.md#exit-codes).

"""


class _SharedGroup(NamedTuple):
    title: str
    anchor: str
    kind: type

    @property
    def options(self) -> frozenset[str]:
        return frozenset(field.option for field in setting_fields(self.kind))


# The larger group first: a command that takes all filters takes those on photos too.
_FILTERS = (
    _SharedGroup("All filters", "filters", Filters),
    _SharedGroup("Filters on photos", "filters-on-photos", PhotoFilters),
)
_SHARED = (
    _SharedGroup("Options of the library", "library", LibraryOptions),
    _SharedGroup("Options of the output", "output", Output),
)


def commands_page() -> str:
    """Return the page in Markdown."""
    app: Any = typer.main.get_command(make_command_line())
    commands = list(_leaves("", app))
    overview = table(
        ["command", "purpose"],
        (
            [f"[`{name}`](#{name.replace(' ', '-')})", plain(_about(command)[0])]
            for name, command in commands
        ),
    )
    shared = "".join(
        f"## {group.title} {{#{group.anchor}}}\n\n{_settings_table(group.kind)}"
        for group in (*_SHARED, _FILTERS[1])
    )
    only_in_all = [
        field for field in setting_fields(Filters) if field.option not in _FILTERS[1].options
    ]
    return (
        _HEAD
        + overview
        + "".join(_section(name, command) for name, command in commands)
        + shared
        + "## Filters {#filters}\n\nCommands that work on scenes take the "
        "[filters on photos](#filters-on-photos) and these:\n\n"
        + table(
            ["option", "meaning"], ([code(f.option), plain(f.setting.help)] for f in only_in_all)
        )
    )


def _leaves(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(f"{prefix}{name} ", command)
        else:
            yield f"{prefix}{name}", command


def _about(command: Any) -> list[str]:  # noqa: ANN401 - typer's own
    """Return the paragraphs of a command's help."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def _section(name: str, command: Any) -> str:  # noqa: ANN401 - typer's own
    parameters = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option"]
    names = {option for one in options for option in one.opts}
    groups = [group for group in _SHARED if group.options & names]
    groups += [group for group in _FILTERS if group.options <= names][:1]
    shared = frozenset().union(*(group.options for group in groups))
    own = [one for one in options if not shared & {*one.opts} and "--help" not in one.opts]
    context = typer.Context(command, info_name=f"sharp-batch {name}")
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    usage = usage.translate({ord("{"): "", ord("}"): ""}).replace("......", "...")
    lines = [f"## {name} {{#{name.replace(' ', '-')}}}\n\n"]
    lines += [f"{plain(paragraph)}\n\n" for paragraph in _about(command)]
    lines.append(f"```text\n{usage}\n```\n\n")
    rows = [_row(one, context) for one in (*arguments, *own)]
    if rows:
        lines.append(table(["argument or option", "meaning"], rows))
    if groups:
        links = ", ".join(f"[{group.title.lower()}](#{group.anchor})" for group in groups)
        lines.append(f"Shared: {links}.\n\n")
    return "".join(lines)


def _row(parameter: Any, context: typer.Context) -> Sequence[str]:  # noqa: ANN401 - typer's own
    names, meaning = parameter.get_help_record(context)
    if parameter.param_type_name == "argument":
        names = names.split(" <")[0]  # as in "PHOTO <path>"
    meaning = " ".join(meaning.split())
    return [", ".join(code(name) for name in names.split(", ")), plain(meaning)]


def _settings_table(group: type) -> str:
    def rows() -> Iterator[Sequence[str]]:
        for field in setting_fields(group):
            names = [field.option, *([field.setting.short] if field.setting.short else [])]
            variable = field.setting.variable
            notes = f" (variable: '{variable}')" if variable else ""
            yield [", ".join(map(code, names)), plain(field.setting.help + notes)]

    return table(["option", "meaning"], rows())
