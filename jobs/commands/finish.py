"""How commands end: the result is printed, and the exit code says how the run went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from jobs.console.output import Output
from schemas.count_text import count_text

if TYPE_CHECKING:
    from jobs.runs.run import RunReport
    from jobs.runs.scene_run import SceneRunReport


def finish_command(output: Output, report: RunReport, text: str) -> None:
    """Print a run's result and end the command with its exit code, unless all is done."""
    output.result(report.as_dict(), text)
    if report.exit_code:
        raise typer.Exit(int(report.exit_code))


def counts_text(counts: Iterable[tuple[int, *tuple[str, ...]]]) -> list[str]:
    """Return a line for each count that is not zero: its text, or one of two for one and many."""
    return [count_text(count, texts[0], texts[-1]) for count, *texts in counts if count]


def losses_text(report: SceneRunReport) -> list[str]:
    """Return a line about scenes whose Gaussians were merged, if there are any."""
    if not report.reduced:
        return []
    scenes = count_text(report.reduced, "scene")
    return [
        f"Gaussians of {scenes} merged; lowest PSNR against the whole scene: "
        f"{report.lowest_eye_db:.1f} dB at the photo's eye, {report.lowest_aside_db:.1f} dB 5 cm "
        "aside"
    ]
