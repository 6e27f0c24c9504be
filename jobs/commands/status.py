"""`sharp-batch status`: what a library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions, PlainOutput
from jobs.console.output import size_text
from schemas.records import RunState

if TYPE_CHECKING:
    from pipeline.catalog.status import LibraryStatus, RunSummary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(with_options(status))


def status(
    place: LibraryOptions,
    output: PlainOutput,
) -> None:
    """Count photos by state, scenes by model, failures by reason, bytes and the last runs."""
    from pipeline.catalog.status import read_status
    from schemas.path_text import path_text

    with place.resolve().read() as connection:
        result = read_status(connection)
    name = path_text(str(place.library))
    output.result({"library": name, **result.as_dict()}, _text(name, result))


def _text(library: str, status: LibraryStatus) -> str:
    lines = [f"Library {library}", "", _counts("photos", status.photos)]
    for title, counts in (
        ("failed", status.failed),
        ("skipped", status.skipped),
        ("scenes", status.scenes),
    ):
        if counts:
            lines.append(_counts(title, counts))
    sizes = ", ".join(f"{kind} {size_text(count)}" for kind, count in status.bytes.items())
    lines.append(f"{'on disk':<10}{sizes}")
    if status.runs:
        lines += ["", f"{'last runs':<30}{'state':<13}{'done':>16}{'failed':>8}{'seconds':>10}"]
    for run in status.runs:
        lines.append(
            f"{run.run_id:<30}{run.state:<13}{_done(run):>16}{run.failed or 0:>8}"
            f"{run.seconds or 0:>10.1f}"
        )
    return "\n".join(lines)


def _done(run: RunSummary) -> str:
    """Return how many are done and, while the run goes on, of how many."""
    done = str(run.done or 0)
    is_going_on = run.state == RunState.RUNNING and run.due is not None
    return f"{done} of {run.due}" if is_going_on else done


def _counts(title: str, counts: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {count}" for name, count in counts.items())
    return f"{title:<10}{sum(counts.values())}" + (f" ({parts})" if parts else "")
