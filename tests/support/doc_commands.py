"""The commands in the README and the documentation; as a program, it checks their options.

As a program it reads command lines, each a JSON list, and answers each with the error that its
options give, or with null. No command does anything.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.paths import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_END = "\n"  # of a line; a pipe joins two commands
_BLOCK = re.compile(r"^( *)```bash\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class DocCommand(NamedTuple):
    """A line of a block that is marked as `bash`."""

    words: list[str]  # without redirections
    output: str | None  # the file that `>` names

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands_of(page: Path) -> list[DocCommand]:
    """Return the commands of a page in order."""
    blocks = "\n".join(found[2] for found in _BLOCK.finditer(page.read_text()))
    lines = blocks.replace("\\\n", " ").splitlines()
    words = [word for line in lines for word in (*shlex.split(line, comments=True), _END)]
    groups = itertools.groupby(words, key=lambda word: word in {_END, "|"})
    return [_without_redirections(list(group)) for is_between, group in groups if not is_between]


def _without_redirections(words: list[str]) -> DocCommand:
    places = [index for index, word in enumerate(words) if word in {">", "2>"}]
    outputs = [words[index + 1] for index in places if words[index] == ">"]
    return DocCommand(words[: places[0]] if places else words, outputs[0] if outputs else None)


@contextlib.contextmanager
def option_checker() -> Iterator[Callable[[list[str]], str | None]]:
    """Yield what returns the error of a command line, None where its options are right."""
    command = [sys.executable, "-m", "tests.support.doc_commands"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def error_of(arguments: list[str]) -> str | None:
            process.stdin.write(json.dumps(arguments) + "\n")
            process.stdin.flush()
            answer: str | None = json.loads(process.stdout.readline())
            return answer

        yield error_of
        process.stdin.close()


def main() -> None:
    from jobs.commands import option_groups

    with_options = option_groups.with_options

    def checked_only(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def check(**values: Any) -> None:
            for value in values.values():
                # `export --check FILE` has no settings.
                if isinstance(value, option_groups.DeferredGroup) and not values.get("check"):
                    value.make()

        return with_options(check)

    option_groups.with_options = checked_only
    from typer.testing import CliRunner

    from jobs.cli import make_command_line

    app, runner = make_command_line(), CliRunner()
    for line in sys.stdin:
        result = runner.invoke(app, json.loads(line))
        error = str(result.exception) if result.exit_code else None
        sys.stdout.write(json.dumps(error and f"{error} {result.output}") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
