"""`sharp-batch preview`: clips and stills of all scenes that filters select."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import filter_options, options
from jobs.console.output import Output, ProgressKind, size_text, time_text
from jobs.runs.deadline import deadline_of
from schemas.errors import ExitCode
from schemas.settings import SCENE_LIMIT_S, PreviewKind, PreviewSettings, TrajectoryName

if TYPE_CHECKING:
    from jobs.runs.preview import PreviewReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview)


def preview(
    kind: Annotated[
        list[PreviewKind] | None, typer.Option(help="What to make; can be given several times.")
    ] = None,
    trajectory: Annotated[
        TrajectoryName, typer.Option(help="How the eye moves.")
    ] = TrajectoryName.ROTATE_FORWARD,
    seconds: Annotated[float, typer.Option(help="Length of a clip.")] = 2.0,
    width: Annotated[
        int | None, typer.Option(help="Pixels of the long side; else what suits the format.")
    ] = None,
    model: filter_options.Model = None,
    camera: filter_options.Camera = None,
    lens: filter_options.Lens = None,
    after: filter_options.After = None,
    before: filter_options.Before = None,
    near: filter_options.Near = None,
    path: filter_options.PathGlob = None,
    text: filter_options.Text = None,
    where: filter_options.Where = None,
    order: filter_options.Order = None,
    limit: filter_options.Limit = None,
    address: options.Address = None,
    inline: options.Inline = False,
    until: options.Until = None,
    max_hours: options.MaxHours = None,
    progress: options.ProgressOption = ProgressKind.AUTO,
    timeout: options.SceneTimeout = SCENE_LIMIT_S,
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make parallax clips of all scenes that have none yet, or of those that filters select.

    They lie in the library's folder previews. Run it again at any time: what is there stays.
    """
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from jobs.runs.over_scenes import each_runner
    from jobs.runs.preview import preview as run_previews
    from pipeline.library import Library

    output = Output(json, quiet, verbose, progress)
    filters = filter_options.make_filters(
        model=model,
        camera=camera,
        lens=lens,
        after=after,
        before=before,
        near=near,
        path=path,
        text=text,
        where=where,
        order=order,
        limit=limit,
    )
    kinds = tuple(dict.fromkeys(kind or [PreviewKind.CLIP]))
    settings = PreviewSettings(kinds, trajectory, seconds, width)
    runner = each_runner(inline, address)
    report = run_previews(
        Library.resolve(library, catalog),
        filters,
        settings,
        output,
        runner,
        deadline_of(until, max_hours),
        timeout,
    )
    output.result(report.as_dict(), _text(report))
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))
    if report.failed:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _text(report: PreviewReport) -> str:
    lines = [
        f"{report.done} scenes got their previews ({', '.join(report.kinds)}; "
        f"{size_text(report.bytes)}) in {time_text(report.seconds)}"
    ]
    for count, text in (
        (report.failed, "failed"),
        (report.unchanged, "had them already"),
        (report.left, "left for another run"),
    ):
        if count:
            lines.append(f"{count} {text}")
    lines.append(f"They lie in {report.library}/previews")
    return "\n".join(lines)
