"""What a person or a program sees: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, TextIO

from schemas.errors import SharpBatchError
from schemas.setting import Setting

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 10_000


class ProgressKind(StrEnum):
    """How progress is shown, on stderr."""

    AUTO = "auto"  # a bar on a terminal, now and then a line elsewhere
    JSON = "json"  # one JSON object a line


@dataclass(frozen=True)
class Output:
    """How a command speaks: for people, as one JSON document, or hardly at all.

    One for a command: what is printed beside a progress bar has to come from the bar's console.
    """

    as_json: Annotated[bool, Setting("Print one JSON document, nothing else.", option="--json")] = (
        False
    )
    quiet: Annotated[
        bool, Setting("Print nothing but errors, and what --json asks for.", short="-q")
    ] = False
    verbose: Annotated[bool, Setting("Say more, photo by photo.", short="-v")] = False
    progress: Annotated[ProgressKind, Setting("Progress for people, or as JSON lines.")] = (
        ProgressKind.AUTO
    )

    @cached_property
    def out(self) -> Console:
        """Where results for people go."""
        # In a file or a pipe no line is cut to the width of a terminal that is not there.
        width = None if sys.stdout.isatty() else _WIDE
        return _console(sys.stdout, width)

    @cached_property
    def err(self) -> Console:
        """Where progress, warnings and errors go."""
        return _console(sys.stderr)

    def result(self, document: object, text: str) -> None:
        """Print the result: `document` for programs or `text` for people."""
        if self.as_json:
            with ignore_broken_pipe():
                sys.stdout.write(json_text(document, indent=1) + "\n")
        elif text and not self.quiet:
            self.out.print(text, markup=False)

    def note(self, text: str) -> None:
        """Print what happens along the way."""
        if not self.quiet:
            self.err.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Print a warning: something that a person should look into."""
        if not self.quiet:
            self.err.print(f"[yellow]warning:[/] {_escape(text)}")

    def error(self, error: SharpBatchError) -> None:
        """Print a known error with what to do about it."""
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


def _console(file: TextIO, width: int | None = None) -> Console:
    # Imported here: help and JSON need none of it.
    from rich.console import Console

    class PatientConsole(Console):
        """A console that goes on when its reader leaves: no run ends for that."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            _write_to_nowhere(self.file)

    # Without emoji: their table would be imported at the first word, which a signal may say
    # in the midst of that very import.
    return PatientConsole(file=file, highlight=False, soft_wrap=True, width=width, emoji=False)


@contextlib.contextmanager
def ignore_broken_pipe() -> Iterator[None]:
    """Let the reader of stdout (head, less) leave early: what is written after that is lost."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _write_to_nowhere(sys.stdout)


def _write_to_nowhere(file: IO[str]) -> None:
    # Not only from here on: what is left in the buffer is written when the process ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, file.fileno())
    os.close(nowhere)


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON in ASCII, which every terminal and every pipe can take."""
    return json.dumps(value, default=plain, indent=indent)


def plain(value: object) -> object:
    """Turn what JSON has no word for into what it has. Raises TypeError for the unknown."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def size_text(count: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.3g} TB"


def time_text(seconds: float) -> str:
    """Return a duration as people write it."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
