"""`sharp-batch export`: files for headsets, televisions, phones and programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text, finish_command, losses_text
from jobs.commands.option_groups import DeferredGroup, with_options
from jobs.commands.options import LibraryOptions
from jobs.commands.run_options import RunOptions, WatchOptions
from jobs.console.output import Output, size_text, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.count_text import count_text
from schemas.errors import ExitCode, UsageError
from schemas.execution_settings import SceneLimit
from schemas.export_settings import ExportSettings

if TYPE_CHECKING:
    from jobs.runs.check_export import CheckedFile
    from jobs.runs.export import ExportDryRun, ExportReport

_SHOWN_FILES = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(with_options(export))


def export(
    settings: DeferredGroup[ExportSettings],
    filters: Filters,
    run: RunOptions,
    watch: WatchOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Spatial photos to validate, with --check.", metavar="[FILE]..."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Output folder.", metavar="DIR")] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Validate spatial photos (FILE...) instead of exporting."),
    ] = False,
    pitch_test: Annotated[
        Path | None,
        typer.Option(
            "--pitch-test",
            help="Write a sheet (PNG) that tells the pitch of a lenticular sheet around --lpi, "
            "instead of exporting.",
            metavar="FILE",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Overwrite existing exports, never other files."),
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="List the files to write, without writing them.")
    ] = False,
) -> None:
    """Export all scenes, or those that filters select, to a folder of your own.

    Run it again at any time: it writes only files that are missing or out of date. The folder gets
    a manifest, sharp-batch-manifest.jsonl and .csv.
    """
    if check or files:
        if not (check and files):
            raise UsageError("--check and files go together", "To export, give --kind and --to.")
        _check(files, output)
        return
    if pitch_test is not None:
        _write_pitch_test(pitch_test, settings.make(), output)
        return
    if to is None:
        raise UsageError("--to is needed", "As in: sharp-batch export --kind sbs --to ~/3D")
    chosen, deadline = settings.make(), deadline_of(run.end)
    # Imported here: torch and numba take seconds, and help and mistakes need none of them.
    from jobs.runs.export import ExportOrder, dry_export, export_scenes

    order, library = ExportOrder(to, filters, chosen, overwrite), place.resolve()
    warn_of_unmatched(output, library, filters)
    if dry:
        result = dry_export(library, order)
        output.result(result.as_dict(), _dry_text(result, output.verbose))
        return
    with watch.watching(library, output):
        report = export_scenes(library, order, output, run.scene_runner(), deadline, limit.timeout)
    finish_command(output, report, _text(report, to))


def _text(report: ExportReport, to: Path) -> str:
    files, scenes = count_text(report.files, "file"), count_text(report.done, "scene")
    return "\n".join(
        [
            f"{files} of {scenes} written ({', '.join(report.kinds)}; "
            f"{size_text(report.bytes)}) in {time_text(report.seconds)}",
            *losses_text(report),
            *counts_text(
                [
                    (report.failed, "scene failed", "scenes failed"),
                    (
                        report.left_out,
                        "file left out, as there can be none of such a photo: --dry-run says why",
                        "files left out, as there can be none of such photos: --dry-run says why",
                    ),
                    (
                        report.provisional,
                        "photo shown by its scene, as its file cannot be read; the next run that "
                        "can read it replaces this",
                        "photos shown by their scenes, as their files cannot be read; the next run "
                        "that can read them replaces these",
                    ),
                    (report.unchanged, "scene with nothing due", "scenes with nothing due"),
                    (
                        report.removed,
                        "photo removed from the album, no longer selected",
                        "photos removed from the album, no longer selected",
                    ),
                    (report.left, "scene left for the next run", "scenes left for the next run"),
                ]
            ),
            f"Output folder: {to}",
        ]
    )


def _dry_text(result: ExportDryRun, verbose: bool) -> str:
    pairs = list(zip(result.photos, result.files, strict=True))
    shown = pairs if verbose else pairs[:_SHOWN_FILES]
    lines = [f"{photo} -> {file}" for photo, file in shown]
    if len(shown) < len(result.files):
        lines.append(f"and {len(result.files) - len(shown)} more (-v lists them)")
    lines.append(
        f"{count_text(len(result.files), 'file')} of {count_text(result.due, 'scene')} would be "
        f"written to {result.to}; {count_text(result.unchanged, 'scene')} with nothing due"
    )
    if result.removed:
        lines.append(f"{count_text(result.removed, 'photo')} would be removed from the album")
    if result.left_out:
        lines.append(f"{count_text(len(result.left_out), 'file')} would be left out:")
        lines += result.left_out if verbose else result.left_out[:_SHOWN_FILES]
        if not verbose and len(result.left_out) > _SHOWN_FILES:
            lines.append(f"and {len(result.left_out) - _SHOWN_FILES} more (-v lists them)")
    if result.files:
        lines.append(
            f"Estimate: {time_text(result.estimated_seconds)} on two cores, "
            f"{size_text(result.estimated_bytes)}"
        )
    return "\n".join(lines)


def _write_pitch_test(file: Path, settings: ExportSettings, output: Output) -> None:
    from jobs.runs.pitch_test import write_pitch_test

    sheet = write_pitch_test(file, settings)
    output.result(
        sheet.as_dict(),
        f"{sheet.file}: {sheet.width} x {sheet.height} dots, bands of {sheet.pitches[0]:.2f} to "
        f"{sheet.pitches[-1]:.2f} lenses per inch\n"
        f"Print it at {sheet.dpi} DPI without scaling, and lay the lenses on it. With one eye, "
        "from as far as the print will be seen, look for the band that is evenly black or white: "
        "its number is the --lpi to use.",
    )


def _check(files: list[Path], output: Output) -> None:
    from jobs.runs.check_export import check_spatial_file

    checked = [check_spatial_file(file) for file in files]
    output.result([one.as_dict() for one in checked], "\n".join(_check_text(c) for c in checked))
    if not all(one.is_good for one in checked):
        raise typer.Exit(int(ExitCode.SOME_FAILED))


def _check_text(checked: CheckedFile) -> str:
    lines = [f"{checked.file}: {'' if checked.is_good else 'not '}a valid spatial photo"]
    if checked.baseline_mm is not None:
        lines.append(
            f"  {checked.width} x {checked.height} px, {checked.field_of_view_deg:.2f} degrees, "
            f"eyes {checked.baseline_mm:.2f} mm apart, set back by {checked.disparity:.2%}"
        )
    lines += [f"  error: {text}" for text in checked.errors]
    lines += [f"  warning: {text}" for text in checked.warnings]
    return "\n".join(lines)
