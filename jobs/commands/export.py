"""`sharp-batch export`: files for headsets, televisions, phones and programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import filter_options, options
from jobs.console.output import Output, ProgressKind, size_text, time_text
from jobs.runs.deadline import deadline_of
from schemas.errors import ExitCode, UsageError
from schemas.settings import SCENE_LIMIT_S, ExportSettings, ImageFormat, TrajectoryName

if TYPE_CHECKING:
    from jobs.runs.check_export import CheckedFile
    from jobs.runs.export import ExportDryRun, ExportReport

_SHOWN_FILES = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    files: Annotated[
        list[Path] | None, typer.Argument(help="With --check: spatial photos.", metavar="[FILE]...")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="What to make; can be given several times. Spatial photos: spatial-heic. Stereo: "
            "sbs, half-sbs, tb, cross, anaglyph, mpo, jps. Clips: mp4, webp, gif, wiggle. Splats: "
            "by their format, as ply and sog. Depth: depth, depth-color. Tables: parquet. "
            "Web pages: html."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder to write to.", metavar="DIR")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check FILEs instead: are they good spatial photos?")
    ] = False,
    name: Annotated[
        str,
        typer.Option(
            help="Template of names, over a record's fields (see query) and stem, folder, taken "
            "and camera: '{taken:%Y/%m}/{stem}_{camera}'."
        ),
    ] = "{stem}",
    width: Annotated[
        int, typer.Option(help="Pixels of an eye's long side, never above the photo's.")
    ] = 2048,
    clip_width: Annotated[
        int | None, typer.Option(help="Of a clip's long side; else what suits the format.")
    ] = None,
    image_format: Annotated[
        ImageFormat, typer.Option(help="Of sbs, half-sbs, tb, cross and anaglyph.")
    ] = ImageFormat.JPEG,
    baseline_mm: Annotated[
        float,
        typer.Option(help="Distance of the eyes; made smaller where a scene comes too near."),
    ] = 63.0,
    converge_m: Annotated[
        float | None,
        typer.Option(help="Distance that lies on the screen; else the nearest of each scene."),
    ] = None,
    max_disparity: Annotated[
        float,
        typer.Option(help="What near and far may differ by, as a share of the picture's width."),
    ] = 0.03,
    trajectory: Annotated[
        TrajectoryName, typer.Option(help="How the eye of a clip moves.")
    ] = TrajectoryName.ROTATE_FORWARD,
    seconds: Annotated[float, typer.Option(help="Length of a clip.")] = 2.0,
    views: Annotated[int, typer.Option(help="Views of a wiggle, 2 to 6.")] = 4,
    strip_gps: Annotated[
        bool, typer.Option("--strip-gps", help="Leave out where photos were taken.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Write again what is there; never other people's files."),
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and change nothing.")
    ] = False,
    model: filter_options.Model = None,
    camera: filter_options.Camera = None,
    lens: filter_options.Lens = None,
    after: filter_options.After = None,
    before: filter_options.Before = None,
    near: filter_options.Near = None,
    path: filter_options.PathGlob = None,
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
    """Write files of all scenes, or of those that filters select, to a folder of your own.

    Run it again at any time: it writes what is missing or changed, and nothing else. The folder
    gets a manifest, sharp-batch-manifest.jsonl and .csv.
    """
    output = Output(json, quiet, verbose, progress)
    if check or files:
        if not (check and files):
            raise UsageError("--check and files go together", "To export, name --kind and --to.")
        _check(files, output)
        return
    if to is None or not kind:
        raise UsageError(
            "--kind and --to are needed", "As in: sharp-batch export --kind spatial-heic --to ~/3D"
        )
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from jobs.runs.export import ExportOrder, dry_export
    from jobs.runs.export import export as run_export
    from jobs.runs.over_scenes import each_runner
    from pipeline.library import Library

    filters = filter_options.make_filters(
        model=model,
        camera=camera,
        lens=lens,
        after=after,
        before=before,
        near=near,
        path=path,
        where=where,
        order=order,
        limit=limit,
    )
    settings = ExportSettings(
        tuple(dict.fromkeys(kind)),
        name,
        width,
        clip_width,
        image_format,
        baseline_mm,
        converge_m,
        max_disparity,
        trajectory,
        seconds,
        views,
        strip_gps,
    )
    export_order = ExportOrder(to, filters, settings, overwrite)
    resolved = Library.resolve(library, catalog)
    if dry:
        result = dry_export(resolved, export_order)
        output.result(result.as_dict(), _dry_text(result, verbose))
        return
    report = run_export(
        resolved,
        export_order,
        output,
        each_runner(inline, address),
        deadline_of(until, max_hours),
        timeout,
    )
    output.result(report.as_dict(), _text(report, to))
    if report.is_interrupted:
        raise typer.Exit(int(ExitCode.INTERRUPTED))
    if report.failed or not report.has_manifest:
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _text(report: ExportReport, to: Path) -> str:
    lines = [
        f"{report.files} files of {report.done} scenes written ({', '.join(report.kinds)}; "
        f"{size_text(report.bytes)}) in {time_text(report.seconds)}"
    ]
    for count, text in (
        (report.failed, "scenes failed"),
        (report.unchanged, "scenes had all of theirs"),
        (report.left, "scenes left for another run"),
    ):
        if count:
            lines.append(f"{count} {text}")
    lines.append(f"They lie in {to}")
    return "\n".join(lines)


def _dry_text(result: ExportDryRun, verbose: bool) -> str:
    shown = result.files if verbose else result.files[:_SHOWN_FILES]
    lines = [*shown]
    if len(shown) < len(result.files):
        lines.append(f"and {len(result.files) - len(shown)} more (-v lists them)")
    lines.append(
        f"{len(result.files)} files of {result.due} scenes would be written to {result.to}; "
        f"{result.unchanged} scenes have all of theirs"
    )
    return "\n".join(lines)


def _check(files: list[Path], output: Output) -> None:
    from jobs.runs.check_export import check_file

    checked = [check_file(file) for file in files]
    output.result([one.as_dict() for one in checked], "\n".join(_check_text(c) for c in checked))
    if not all(one.is_good for one in checked):
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _check_text(checked: CheckedFile) -> str:
    lines = [f"{checked.file}: {'a spatial photo' if checked.is_good else 'no good spatial photo'}"]
    if checked.baseline_mm is not None:
        lines.append(
            f"  {checked.width} x {checked.height} px, {checked.field_of_view_deg:.2f} degrees, "
            f"eyes {checked.baseline_mm:.2f} mm apart, set back by {checked.disparity:.2%}"
        )
    lines += [f"  error: {text}" for text in checked.errors]
    lines += [f"  warning: {text}" for text in checked.warnings]
    return "\n".join(lines)
