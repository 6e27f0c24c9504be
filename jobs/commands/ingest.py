"""`sharp-batch ingest`: folders of photos in, scenes and a catalog out."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text, finish_command
from jobs.commands.option_groups import with_options
from jobs.commands.options import LibraryOptions
from jobs.commands.run_options import RunOptions, WatchOptions
from jobs.console.output import Output, size_text, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.photo_filters import PhotoFilters
from schemas.count_text import count_text
from schemas.errors import UsageError
from schemas.export_settings import PreviewSettings
from schemas.settings import IngestSettings

if TYPE_CHECKING:
    from jobs.runs.cost import Cost
    from jobs.runs.dry_run import DryRun
    from jobs.runs.ingest import IngestReport
    from pipeline.flow.flow import Runner


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(with_options(ingest))


def ingest(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of photos, or single photos.", metavar="SOURCE..."),
    ] = None,
    *,
    settings: IngestSettings,
    filters: PhotoFilters,
    where: RunOptions,
    watch: WatchOptions,
    place: LibraryOptions,
    output: Output,
    submit: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Run as a job on the Ray cluster with this dashboard, such as http://head:8265. "
            "SOURCE and the library must have the same paths there.",
        ),
    ] = None,
    predictors: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of model replicas; default: one per GPU, or one per machine."
        ),
    ] = None,
    gpus_per_predictor: Annotated[
        float,
        typer.Option(min=0.01, help="GPUs for each model replica; below 1, replicas share a GPU."),
    ] = 1.0,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples",
            envvar="SHARP_BATCH_SAMPLES",
            help="Without SOURCE: make scenes of the sample photos that come with the program.",
        ),
    ] = False,
    previews: Annotated[
        bool, typer.Option("--previews", help="Also make a parallax clip of each scene.")
    ] = False,
    dry: Annotated[
        bool,
        typer.Option("--dry-run", help="Report what would be done, without changing anything."),
    ] = False,
    price_per_gpu_hour: Annotated[
        float | None,
        typer.Option(
            metavar="PRICE", min=0, help="With --dry-run: also estimate GPU hours, and their price."
        ),
    ] = None,
) -> None:
    """Make scenes of all photos below SOURCE that have none yet.

    Run it again at any time: unchanged photos are not read again, and an interrupted run resumes.
    Every file becomes a scene, or is skipped or failed with a reason; see 'sharp-batch query'.
    Photos that the filters do not select are recorded, and stay due for a later run.
    """
    # Imported here: help and mistakes need none of it.
    from jobs.console.download_progress import download_progress
    from jobs.runs.ingest import Ingest
    from pipeline.flow.inline import run_inline
    from pipeline.flow.model import resolve_device, resolve_model
    from pipeline.scan.scan import check_sources

    deadline = deadline_of(where.end)
    settings = replace(
        settings,
        previews=PreviewSettings() if previews else None,
    )
    if submit is not None:
        from jobs.runs.submit import submit as run_there

        raise typer.Exit(run_there(submit, place.catalog, output))
    sources = sources or _samples(samples, output)
    check_sources(sources)
    if settings.previews is not None:
        from pipeline.scenes.previews import check_previews

        check_previews(settings.previews)
    library = place.resolve()
    if dry:
        from jobs.runs.cost import estimate_cost
        from jobs.runs.dry_run import dry_run

        model = resolve_model(settings.model)
        result = dry_run(library, sources, settings, model, filters)
        if price_per_gpu_hour is None:
            output.result(result.as_dict(), _dry_text(result))
            return
        gpus = (predictors or 1) * gpus_per_predictor
        cost = estimate_cost(library, model, result.due - result.failing, gpus, price_per_gpu_hour)
        document = {**result.as_dict(), "cost": cost.as_dict()}
        output.result(document, f"{_dry_text(result)}\n{_cost_text(cost)}")
        return
    if price_per_gpu_hour is not None:
        raise UsageError("--price-per-gpu-hour is for --dry-run", "Add --dry-run, or omit it.")

    device = settings.model.device
    if where.runner.inline:
        resolve_device(device)  # before a download, if it is not there
    with download_progress(output) as fetching:
        model = resolve_model(settings.model, fetching)

    def runner() -> contextlib.AbstractContextManager[Runner]:
        if where.runner.inline:
            return contextlib.nullcontext(run_inline)
        from pipeline.cluster.runner import ClusterSettings, RayRunner

        return RayRunner(
            ClusterSettings(where.runner.address, device, gpus_per_predictor, predictors)
        )

    run = Ingest(library, sources, settings, model, output, deadline, filters=filters)
    with watch.watching(library, output):
        report = run.run(runner)
    if not report.left:  # else photos may be unknown that the filters name
        warn_of_unmatched(output, library, filters)
    finish_command(output, report, _text(report))


def _samples(are_wanted: bool, output: Output) -> list[Path]:
    """Return the folder of the sample photos. Raises UsageError where they are not wanted."""
    from pipeline.scan.samples import sample_photos

    if not are_wanted:
        raise UsageError(
            "no SOURCE is given",
            "Name a folder of photos, or try the bundled sample photos: --samples.",
        )
    output.note(f"No photos given: using the bundled samples in {sample_photos()}.")
    return [sample_photos()]


def _text(report: IngestReport) -> str:
    lines = []
    left = count_text(report.left, "photo is", "photos are")
    if report.is_interrupted:
        lines.append(f"Interrupted; {left} left. Run it again to resume.")
    elif report.is_out_of_time:
        lines.append(f"The time is up; {left} left. Run it again to resume.")
    pace = f"{time_text(report.seconds)}"
    if report.done:
        pace += f", {report.photos_per_second:.2f} photos/s"
    lines.append(f"{count_text(report.done, 'scene')} made with '{report.model}' in {pace}")
    is_cut_short = report.is_interrupted or report.is_out_of_time
    lines += counts_text(
        [
            (report.failed, "failed"),
            (report.skipped, "skipped"),
            (
                report.duplicates,
                "copy of a photo already counted",
                "copies of photos already counted",
            ),
            (report.unchanged, "unchanged"),
            (report.metadata_updated, "updated from changed sidecars and photo libraries"),
            (
                report.not_selected,
                "not selected by the filters; it stays due",
                "not selected by the filters; they stay due",
            ),
            (
                report.represented,
                "of a group of which another photo is made; it stays due",
                "of groups of which another photo is made; they stay due",
            ),
            (0 if is_cut_short else report.left, "left for the next run"),
        ]
    )
    if report.reasons:
        reasons = ", ".join(f"{reason} {count}" for reason, count in report.reasons.items())
        lines.append(f"Reasons: {reasons}")
    if report.previews_failed:
        lines.append(
            f"{count_text(report.previews_failed, 'preview')} failed; to retry: "
            f"sharp-batch preview --library '{report.library}'"
        )
    lines.append(f"Library: {report.library}")
    if report.failed:
        lines.append(f"See why: sharp-batch query --state failed --library '{report.library}'")
    return "\n".join(lines)


def _dry_text(result: DryRun) -> str:
    lines = [
        f"{count_text(result.found, 'file')} found: "
        f"{count_text(result.due, 'photo is', 'photos are')} due ({result.new:,} of them new), "
        f"{result.unchanged:,} unchanged, {count_text(result.duplicates, 'copy', 'copies')}, "
        f"{result.skipped:,} skipped"
        + (f", {result.not_selected} not selected" if result.not_selected else "")
        + (f", {result.represented} of groups with one scene" if result.represented else ""),
    ]
    if result.reasons:
        reasons = ", ".join(f"{reason} {count}" for reason, count in result.reasons.items())
        lines.append(f"Reasons: {reasons}")
    if result.failing:
        lines.append(
            f"{count_text(result.failing, 'due photo')} will fail (detected from their headers)"
        )
    lines.append(
        f"Estimate for '{result.model}': {time_text(result.estimated_seconds)} "
        f"({result.estimated_from}), {size_text(result.estimated_bytes)} of disk"
        + ("" if result.free_bytes is None else f" ({size_text(result.free_bytes)} free)")
    )
    if result.free_bytes is not None and result.estimated_bytes > result.free_bytes:
        lines.append("There is not enough disk space.")
    return "\n".join(lines)


def _cost_text(cost: Cost) -> str:
    return (
        f"{cost.hours:.2f} hours on {cost.gpus:g} GPU: {cost.gpu_hours:.2f} GPU hours at "
        f"{cost.price_per_gpu_hour:g}, together {cost.price:.2f} (at {cost.photos_per_second:.3g} "
        f"photos/s: {cost.estimated_from})"
    )
