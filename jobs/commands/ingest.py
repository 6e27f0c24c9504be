"""`sharp-batch ingest`: folders of photos in, scenes and a catalog out."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import options
from jobs.console.output import Output, ProgressKind, size_text, time_text
from jobs.runs.deadline import deadline_of
from pipeline.catalog.query import MAX_LIMIT
from schemas.errors import ExitCode
from schemas.settings import (
    Device,
    DType,
    IngestSettings,
    ModelName,
    ModelSettings,
    PhotoSettings,
    Preset,
    PreviewSettings,
    SplatFormat,
    SplatSettings,
    StageLimits,
)

if TYPE_CHECKING:
    from jobs.runs.dry_run import DryRun
    from jobs.runs.ingest import IngestReport
    from pipeline.flow.flow import Runner


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(ingest)


def ingest(
    sources: Annotated[
        list[Path], typer.Argument(help="Folders of photos, or single photos.", metavar="SOURCE...")
    ],
    library: options.Library = options.LIBRARY,
    catalog: options.Catalog = None,
    model: options.Model = ModelName.SHARP,
    checkpoint: options.Checkpoint = None,
    preset: options.PresetOption = Preset.SHARP,
    format: options.Format = SplatFormat.SOG,  # noqa: A002 - the option's name
    quality: options.Quality = None,
    device: options.DeviceOption = Device.AUTO,
    dtype: options.DTypeOption = DType.AUTO,
    compile_network: options.Compile = False,
    batch_size: Annotated[
        int | None, typer.Option(help="Photos predicted together; else what suits the device.")
    ] = None,
    focal_mm: options.FocalMm = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Leave out paths or names of this pattern, as in '*_edited*'."),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(help="Take only paths or names of this pattern, as in '*/2019/*'."),
    ] = None,
    allow_small: Annotated[
        bool, typer.Option("--allow-small", help="Take images under 256 px too.")
    ] = False,
    allow_wide: Annotated[
        bool, typer.Option("--allow-wide", help="Take panoramas wider than 2.5 : 1 too.")
    ] = False,
    full_raw: Annotated[
        bool,
        typer.Option("--full-raw", help="Develop camera RAW files instead of their previews."),
    ] = False,
    no_photo_depth: Annotated[
        bool,
        typer.Option("--no-photo-depth", help="Ignore the depth that some phones store."),
    ] = False,
    address: options.Address = None,
    submit: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Run as a job on the Ray cluster with this dashboard, as in http://head:8265. "
            "SOURCE and the library have to be at the same place there.",
        ),
    ] = None,
    inline: options.Inline = False,
    predictors: Annotated[
        int | None,
        typer.Option(min=1, help="Models loaded at once; else one a GPU, or one a machine."),
    ] = None,
    gpus_per_predictor: Annotated[
        float, typer.Option(min=0.01, help="Below 1, several share a GPU.")
    ] = 1.0,
    until: options.Until = None,
    max_hours: options.MaxHours = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="The longest that one stage may take for one photo; else 3 minutes to decode, "
            "30 to predict, 15 to encode.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Make at most this many scenes.", max=MAX_LIMIT)
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try photos again that failed before.")
    ] = False,
    previews: Annotated[
        bool, typer.Option("--previews", help="Make a parallax clip of each scene in passing.")
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
    progress: options.ProgressOption = ProgressKind.AUTO,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make scenes of all photos below SOURCE that have none yet.

    Run it again at any time: known photos are not read again, and what was interrupted goes on.
    Every file ends as a scene, a skip or a failure with a reason; see 'sharp-batch query'.
    """
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.console.download_progress import download_progress
    from jobs.runs.dry_run import dry_run
    from jobs.runs.ingest import Ingest
    from pipeline.flow.inline import run_inline
    from pipeline.flow.model import resolve_device, resolve_model
    from pipeline.library import Library
    from pipeline.scan.scan import check_sources

    output = Output(json, quiet, verbose, progress)
    deadline = deadline_of(until, max_hours)
    settings = IngestSettings(
        ModelSettings(
            model, str(checkpoint) if checkpoint else None, preset, device, dtype, compile_network
        ),
        PhotoSettings(focal_mm, allow_small, allow_wide, full_raw, not no_photo_depth),
        SplatSettings(format, quality),
        tuple(exclude or ()),
        tuple(include or ()),
        batch_size,
        limit,
        retry_failed,
        PreviewSettings() if previews else None,
        StageLimits() if timeout is None else StageLimits(timeout, timeout, timeout),
    )
    if submit is not None:
        from jobs.runs.submit import submit as run_there

        raise typer.Exit(run_there(submit, catalog, output))
    check_sources(sources)
    into = Library.resolve(library, catalog)
    if dry:
        result = dry_run(into, sources, settings, resolve_model(settings.model))
        output.result(result.as_dict(), _dry_text(result))
        return

    if inline:
        resolve_device(device)  # before a download, if it is not there
    with download_progress(output) as fetching:
        resolved = resolve_model(settings.model, fetching)

    def runner() -> contextlib.AbstractContextManager[Runner]:
        if inline:
            return contextlib.nullcontext(run_inline)
        from pipeline.cluster.runner import ClusterSettings, RayRunner

        return RayRunner(ClusterSettings(address, device, gpus_per_predictor, predictors))

    report = Ingest(into, sources, settings, resolved, output, deadline).run(runner)
    output.result(report.as_dict(), _text(report))
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))
    if report.failed:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _text(report: IngestReport) -> str:
    lines = []
    if report.is_interrupted:
        lines.append(f"Interrupted; {report.left} photos are left. Run it again to go on.")
    elif report.is_out_of_time:
        lines.append(f"The time is up; {report.left} photos are left. Run it again to go on.")
    pace = f"{time_text(report.seconds)}"
    if report.done:
        pace += f", {report.photos_per_second:.2f} photos/s"
    lines.append(f"{report.done} scenes made with '{report.model}' in {pace}")
    for count, text in (
        (report.failed, "failed"),
        (report.skipped, "skipped"),
        (report.duplicates, "copies of photos already counted"),
        (report.unchanged, "known already"),
        (
            0 if report.is_interrupted or report.is_out_of_time else report.left,
            "left for another run",
        ),
    ):
        if count:
            lines.append(f"{count} {text}")
    if report.reasons:
        reasons = ", ".join(f"{reason} {count}" for reason, count in report.reasons.items())
        lines.append(f"Reasons: {reasons}")
    if report.previews_failed:
        lines.append(
            f"{report.previews_failed} scenes got no preview; try again: "
            f"sharp-batch preview --library '{report.library}'"
        )
    lines.append(f"Library: {report.library}")
    if report.failed:
        lines.append(f"See why: sharp-batch query --state failed --library '{report.library}'")
    return "\n".join(lines)


def _dry_text(result: DryRun) -> str:
    lines = [
        f"{result.found} files found: {result.due} photos are due ({result.new} of them new), "
        f"{result.unchanged} known already, {result.duplicates} copies, {result.skipped} skipped",
    ]
    if result.reasons:
        reasons = ", ".join(f"{reason} {count}" for reason, count in result.reasons.items())
        lines.append(f"Reasons: {reasons}")
    if result.failing:
        lines.append(f"{result.failing} of those due will fail, by what their headers say")
    lines.append(
        f"Estimate for '{result.model}': {time_text(result.estimated_seconds)} "
        f"({result.estimated_from}), {size_text(result.estimated_bytes)} of disk"
        + ("" if result.free_bytes is None else f" ({size_text(result.free_bytes)} free)")
    )
    if result.free_bytes is not None and result.estimated_bytes > result.free_bytes:
        lines.append("The disk is too small for that.")
    return "\n".join(lines)
