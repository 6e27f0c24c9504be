"""The command line in a process of its own, or many command lines in one process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT


def run(*arguments: str | Path, text: bool = True, encoding: str = "utf-8") -> Any:
    """Run the command in a terminal of `encoding`; the output comes as text, or as bytes."""
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=text, check=False
    )


# Answers each command line of its input, a JSON list, with exit code, output and errors.
_MANY = """
import contextlib, io, json, sys
from jobs.cli import main
for line in sys.stdin:
    sys.argv = ["sharp-batch", *json.loads(line)]
    out, errors = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    code = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            main()
        except SystemExit as end:
            code = end.code
    texts = [stream.buffer.getvalue().decode() for stream in (out, errors)]
    print(json.dumps([code or 0, *texts]), flush=True)
"""


@contextlib.contextmanager
def many_commands(environment: Mapping[str, str], cwd: Path = ROOT) -> Iterator[Callable[..., Any]]:
    """Yield what runs command lines in one process, so that torch is imported once."""
    command = [sys.executable, "-c", _MANY]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run_one(*arguments: str | Path) -> Any:
            process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
            process.stdin.flush()
            code, out, errors = json.loads(process.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, out, errors)

        yield run_one
        process.stdin.close()
