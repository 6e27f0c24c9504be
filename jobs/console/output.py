"""Console output of commands: results on stdout; progress, notes and errors on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, TextIO

from schemas.errors import SharpBatchError
from schemas.setting_fields import Setting

if TYPE_CHECKING:
    from rich.console import Console


class ProgressKind(StrEnum):
    """The format of progress on stderr."""

    AUTO = "auto"  # a bar on a terminal, otherwise a line every 15 s
    JSON = "json"  # one JSON object per line


@dataclass(frozen=True)
class Output:
    """The output of one command: text for people, one JSON document, or errors only.

    A command has one Output, since text beside a progress bar must use the console of the bar.
    """

    as_json: Annotated[
        bool, Setting("Print one JSON document and nothing else.", option="--json")
    ] = False
    quiet: Annotated[
        bool, Setting("Print only errors, and the document of --json.", short="-q")
    ] = False
    verbose: Annotated[bool, Setting("Print details of each photo.", short="-v")] = False
    progress: Annotated[ProgressKind, Setting("Format of progress; 'json' prints JSON lines.")] = (
        ProgressKind.AUTO
    )

    @cached_property
    def err(self) -> Console:
        """The console for progress, warnings and errors, on stderr."""
        return _console(sys.stderr)

    def result(self, document: object, text: str) -> None:
        """Print the result: `document` for programs or `text` for people."""
        if self.as_json:
            _print(sys.stdout, [json_text(document, indent=1)])
        elif text:
            self.lines([text])

    def lines(self, lines: Iterable[str]) -> None:
        """Print a result for people, line by line."""
        if not self.quiet:
            _print(sys.stdout, lines)

    def note(self, text: str) -> None:
        """Print information about the progress of the command."""
        if not self.quiet:
            _print(sys.stderr, [text])  # a progress bar sees to it that this comes above it

    def warn(self, text: str) -> None:
        """Print a warning."""
        if not self.quiet:
            self.err.print(f"[yellow]warning:[/] {_escape(text)}")

    def error(self, error: SharpBatchError) -> None:
        """Print a known error, with a hint about what to do."""
        if self.as_json:
            document = {
                "error": error.message,
                "hint": error.hint or None,
                "exit_code": int(error.exit_code),
            }
            self.result(document, "")
        self.err.print(f"[red]error:[/] {_escape(error.message)}")
        if error.hint:
            self.err.print(error.hint, markup=False)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _print(file: TextIO, lines: Iterable[str]) -> None:
    with ignore_broken_pipe(file):
        file.writelines(f"{line}\n" for line in lines)


def _console(file: TextIO) -> Console:
    # Imported here: what is neither coloured nor redrawn does not need it.
    from rich.console import Console

    class RobustConsole(Console):
        """A console that ignores a broken pipe: a run continues if its reader exits."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            _write_to_nowhere(self.file)

    # Without emoji: rich would import their table at the first output, and a signal handler that
    # prints during that import would fail.
    return RobustConsole(file=file, highlight=False, soft_wrap=True, emoji=False)


@contextlib.contextmanager
def ignore_broken_pipe(file: TextIO) -> Iterator[None]:
    """Ignore that the reader of a stream (head, less) exits early: later output is discarded."""
    try:
        yield
        file.flush()
    except BrokenPipeError:
        _write_to_nowhere(file)


def _write_to_nowhere(file: IO[str]) -> None:
    # Redirect the descriptor: Python writes the rest of its buffer at exit.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, file.fileno())
    os.close(null)


def json_text(value: object, indent: int | None = None) -> str:
    """Return ASCII-only JSON, which every terminal and every pipe can represent."""
    return json.dumps(value, default=json_default, indent=indent)


def json_default(value: object) -> object:
    """Convert a value for `json.dumps`. Raises TypeError for unknown types."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def size_text(count: float) -> str:
    """Return a number of bytes as text, such as `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.3g} TB"


def time_text(seconds: float) -> str:
    """Return a duration as text, such as `3 min 20 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
