"""The command line: `sharp-batch COMMAND`. Each command has a file of its own, cmd_<name>.py."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import typer

from jobs import (
    cmd_doctor,
    cmd_ingest,
    cmd_model,
    cmd_predict,
    cmd_query,
    cmd_render,
    cmd_show,
    cmd_status,
)
from jobs.output import Output
from schemas.errors import ExitCode, SharpBatchError

app = typer.Typer(
    name="sharp-batch",
    help="Turn a photo collection into a library of 3D Gaussian scenes.\n\n"
    "Begin with: sharp-batch ingest ~/Photos --model prior",
    epilog="Exit codes: 0 all done; 1 finished, and some photos failed in this run; 2 usage; "
    "3 another run holds the library; 4 model weights not available; 5 catalog or store damaged "
    "or too new; 130 interrupted, state saved.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    cmd_ingest,
    cmd_status,
    cmd_query,
    cmd_show,
    cmd_predict,
    cmd_render,
    cmd_model,
    cmd_doctor,
):
    command.register(app)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app()
    except SharpBatchError as error:
        Output(as_json="--json" in sys.argv).error(error)
        raise SystemExit(int(error.exit_code)) from None
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Nothing may be written at exit either.
        sys.stderr.close()
        raise SystemExit(0) from None


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(int(ExitCode.INTERRUPTED))
