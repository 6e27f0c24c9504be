"""The command line: `sharp-batch COMMAND`. Each command is a file of `jobs/commands`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from types import FrameType
from typing import Annotated

import typer

from jobs.console.output import Output
from schemas.errors import ExitCode, RunError, SharpBatchError, UsageError
from schemas.program import GENERATOR
from sharp_core.models.registry import FIRST_CHOICE

# Threads of torch that wait for each other sleep, and do not spin: on a busy machine spinning takes
# several times the CPU time. OpenMP reads this when torch is imported; Ray's workers inherit it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_USAGE_HINT = "See 'sharp-batch --help', or --help after the command."

_EXIT_CODES = "; ".join(f"{code.value} {code.explanation}" for code in ExitCode)

# In the order of the help. Each is a module of `jobs.commands`, which registers itself.
COMMANDS = (
    "ingest",
    "status",
    "query",
    "show",
    "predict",
    "preview",
    "score",
    "export",
    "render",
    "convert",
    "evaluate",
    "nightly",
    "verify",
    "gc",
    "catalog",
    "gallery",
    "share",
    "train",
    "model",
    "doctor",
)


def make_command_line(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the command line with some of its commands; only their modules are imported."""
    app = typer.Typer(
        name="sharp-batch",
        help="Turn a photo collection into a library of 3D Gaussian scenes.\n\n"
        f"Begin with: sharp-batch ingest ~/Photos --model {FIRST_CHOICE}",
        epilog=f"Exit codes: {_EXIT_CODES}.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)  # without one, typer omits the name of a single command
    for name in names:
        import_module(f"jobs.commands.{name}").register(app)
    return app


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(GENERATOR)
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options before the command."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGINT, _interrupted)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not every terminal knows every letter of a path
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in sys.argv
    try:
        # For people, typer itself explains a command line that makes no sense.
        code = make_command_line(_asked_for(sys.argv[1:]))(standalone_mode=not as_json)
    except typer.TyperException as error:
        raise _ended(UsageError(error.format_message(), _USAGE_HINT), as_json) from None
    except SharpBatchError as error:
        raise _ended(error, as_json) from None
    except OSError as error:
        raise _ended(RunError(_os_error_text(error)), as_json) from None
    raise SystemExit(code)


def _asked_for(arguments: list[str]) -> Sequence[str]:
    """Return the command that a command line names, or all, as for the help of all."""
    first = arguments[0] if arguments else ""
    return (first,) if first in COMMANDS else COMMANDS


def _ended(error: SharpBatchError, as_json: bool) -> SystemExit:
    Output(as_json).error(error)
    return SystemExit(int(error.exit_code))


def _os_error_text(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename is not None else what


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(int(ExitCode.INTERRUPTED))
