"""What a person or a program sees: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from schemas.errors import SharpBatchError

_WIDE = 10_000


@dataclass(frozen=True, slots=True)
class Output:
    """How a command speaks: for people, as one JSON document, or hardly at all."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def out(self) -> Console:
        """Where results for people go."""
        # In a file or a pipe no line is cut to the width of a terminal that is not there.
        width = None if sys.stdout.isatty() else _WIDE
        return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)

    @property
    def err(self) -> Console:
        """Where progress, warnings and errors go."""
        return Console(file=sys.stderr, highlight=False, soft_wrap=True)

    def result(self, document: object, text: str) -> None:
        """Print the result: `document` for programs or `text` for people."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, default=plain, indent=1))
            sys.stdout.write("\n")
        elif text:
            self.out.print(text, markup=False)

    def note(self, text: str) -> None:
        """Say something by the way."""
        if not self.quiet:
            self.err.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Say something that a person should look into."""
        self.err.print(f"[yellow]warning:[/] {escape(text)}")

    def error(self, error: SharpBatchError) -> None:
        """Print a known error with what to do about it."""
        if self.as_json:
            document = {
                "error": error.message,
                "hint": error.hint or None,
                "exit_code": int(error.exit_code),
            }
            self.result(document, "")
        self.err.print(f"[red]error:[/] {escape(error.message)}")
        if error.hint:
            self.err.print(error.hint, markup=False)


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
