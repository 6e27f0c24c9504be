"""The command line: `sharp-batch COMMAND`. Each command is a file of `jobs/commands`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from io import TextIOWrapper
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from jobs.console.output import Output
from schemas.choices import BUNDLED_MODEL
from schemas.errors import ExitCode, RunError, SharpBatchError, UsageError

# Threads of torch that wait for each other sleep, and do not spin: on a busy machine spinning takes
# several times the CPU time. OpenMP reads this when torch is imported; Ray's workers inherit it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_USAGE_HINT = "See 'sharp-batch --help', or --help after the command."

_EXIT_CODES = "; ".join(f"{code.value} {code.explanation}" for code in ExitCode)

# What the list of all commands says, in its order. Each is a module of `jobs.commands`, which
# registers itself.
COMMANDS = {
    "ingest": "Make scenes of photos that have none yet.",
    "status": "Count photos, scenes, failures and bytes.",
    "query": "List photos, each with its best scene.",
    "show": "Show all about one photo or one splat file.",
    "predict": "Make a scene of one photo, as a file.",
    "preview": "Make parallax clips of scenes.",
    "score": "Score scenes that have no score yet.",
    "export": "Export scenes to a folder.",
    "render": "Render a splat file as a clip or a still.",
    "convert": "Convert splat files to other formats.",
    "evaluate": "Measure a model with a second camera.",
    "nightly": "Do all that is due, unattended.",
    "verify": "Check that all files are there and whole.",
    "gc": "Remove files that nothing needs any more.",
    "catalog": "Export, upgrade or rebuild the catalog.",
    "gallery": "Serve the library as a local website.",
    "share": "List and end the links that show photos to others.",
    "train": "Train SHARP.",
    "model": "List models, download their weights.",
    "doctor": "Check this machine.",
}


class _Commands(Mapping[str, Any]):
    """The commands as typer has them, each imported when it is asked for."""

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer's own type is not public
        if name not in COMMANDS:
            raise KeyError(name)
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.callback()(_options)  # without one, typer omits the name of a single command
        import_module(f"jobs.commands.{name}").register(alone)
        command: Any = typer.main.get_command(alone)
        return command.commands[name]


class _CommandGroup(TyperGroup):
    """A group whose commands are not imported to be listed."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - of typer's own types
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment] # nothing adds to them

    def list_commands(self, _context: object) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, _context: object, formatter: Any) -> None:  # noqa: ANN401
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def make_command_line() -> typer.Typer:
    """Return the command line. A command's module is imported when the command is used."""
    app = typer.Typer(
        name="sharp-batch",
        cls=_CommandGroup,
        help="Turn a photo collection into a library of 3D Gaussian scenes.\n\n"
        f"Begin with: sharp-batch ingest ~/Photos --model {BUNDLED_MODEL}",
        epilog=f"Exit codes: {_EXIT_CODES}.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    return app


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from schemas.program import GENERATOR  # looks the version up

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
    """Take the options before the command, which begins now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command line and end the process with its exit code.

    Nothing that is imported for it becomes garbage, and at the end the process goes with all of it:
    searching it for garbage would take a third of the time of a short command.
    """
    gc.disable()
    try:
        raise SystemExit(_run())
    finally:
        gc.freeze()


def _run() -> int:
    """Run the command line and return its exit code. Raises SystemExit for known errors."""
    signal.signal(signal.SIGINT, _interrupted)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not every terminal knows every letter of a path
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in sys.argv
    try:
        # For people, typer itself explains a command line that makes no sense.
        code: int = make_command_line()(standalone_mode=not as_json)
    except typer.TyperException as error:
        raise _ended(UsageError(error.format_message(), _USAGE_HINT), as_json) from None
    except SharpBatchError as error:
        raise _ended(error, as_json) from None
    except OSError as error:
        raise _ended(RunError(_os_error_text(error)), as_json) from None
    return code


def _ended(error: SharpBatchError, as_json: bool) -> SystemExit:
    Output(as_json).error(error)
    return SystemExit(int(error.exit_code))


def _os_error_text(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename is not None else what


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(int(ExitCode.INTERRUPTED))
