"""--submit: the same command as a job on a cluster, followed from here."""

from __future__ import annotations

import os
import signal
import sys

from jobs.console.output import Output
from pipeline.catalog.address import holds_password
from schemas.errors import ExitCode, RunError, UsageError
from schemas.extras import how_to_install

_OPTION = "--submit"
_CATALOG = "SHARP_BATCH_CATALOG"  # passed to the job, like every SHARP_BATCH variable


def submit(head: str, catalog: str | None, output: Output) -> int:
    """Run this process's own command line on the cluster of `head`; return its exit code.

    Ctrl-C asks the job to stop gracefully; a second one does not wait for it. Raises RunError, and
    UsageError where the address of the catalog holds a password.
    """
    for name, address in ((_CATALOG, os.environ.get(_CATALOG)), ("--catalog", catalog)):
        if address and holds_password(address):
            raise _readable_password(name)
    try:
        from pipeline.cluster.submit import SubmittedJob

        job = SubmittedJob(head, _without_submit(sys.argv[1:], output))
    except ImportError as error:
        raise RunError(
            "--submit needs Ray's job client", f"Get it: {how_to_install('cluster')}"
        ) from error
    output.note(f"Submitted as {job.job_id}; it continues if this terminal is closed.")
    texts: list[str] = []

    def on_text(text: str) -> None:
        texts.append(text)
        if not output.as_json:
            sys.stderr.write(text)
            sys.stderr.flush()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            code = job.follow(on_text)
        except KeyboardInterrupt:
            output.note("Stopping the job gracefully... Press Ctrl-C again to stop waiting for it.")
            job.stop()
            code = job.follow(on_text)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, before)
    if output.as_json:
        sys.stdout.write(_document("".join(texts)))
    return code


def _readable_password(name: str) -> UsageError:
    return UsageError(
        f"{name} holds a password, which everyone with access to the cluster's dashboard can read",
        "Omit the password (postgresql+psycopg://USER@HOST/DATABASE) and provide it where the job "
        "runs: in ~/.pgpass or a service file (postgresql+psycopg:///?service=NAME) on the "
        "cluster's machines, or as PGPASSWORD in the environment of the cluster.",
    )


def _document(text: str) -> str:
    """Return the JSON document at the end of a job's output, which starts with lines of Ray."""
    lines = text.splitlines(keepends=True)
    begins = [index for index, line in enumerate(lines) if line.startswith("{")]
    return "".join(lines[begins[0] :]) if begins else ""


def _without_submit(arguments: list[str], output: Output) -> list[str]:
    """Return the command line without --submit; a JSON document must be the only output."""
    kept = []
    rest = iter(arguments)
    for argument in rest:
        if argument == _OPTION:
            next(rest)
        elif not argument.startswith(f"{_OPTION}="):
            kept.append(argument)
    return [*kept, "--quiet"] if output.as_json else kept
