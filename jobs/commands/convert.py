"""`sharp-batch convert`: one splat file to another format, or scenes of a library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text, finish_command, losses_text
from jobs.commands.option_groups import option_of, with_options
from jobs.commands.options import LibraryOptions, SplatInput, check_are_here
from jobs.commands.run_options import RunOptions, WatchOptions
from jobs.console.output import Output, size_text, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.budgets import BudgetSettings
from schemas.count_text import count_text
from schemas.errors import UsageError
from schemas.execution_settings import SceneLimit
from schemas.setting_fields import Setting
from schemas.settings import SplatSettings
from sharp_core.formats.ply.options import PlyOptions
from sharp_core.formats.registry import FORMATS, STORABLE, Options, format_to_write

if TYPE_CHECKING:
    from jobs.runs.convert import ConvertReport
    from pipeline.scenes.convert_file import Conversion


_ENDINGS = ", ".join(
    [suffix for entry in FORMATS if entry.write for suffix in entry.suffixes]
    + [f"or a folder's {entry.folder.index_file}" for entry in FORMATS if entry.folder]
)
_VERSIONS = "; ".join(
    f"{entry.name}: {entry.versions_label or ', '.join(map(str, entry.versions))}"
    for entry in FORMATS
    if entry.versions
)


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a single file is converted."""

    format_version: Annotated[
        int | None,
        Setting(
            f"Version of the output format ({_VERSIONS}). Default: the one that most tools read.",
            old_names=("spz_version",),
        ),
    ] = None
    prune: Annotated[
        bool, Setting("Remove Gaussians that are invisible from all views near the photo's.")
    ] = False
    strict: Annotated[
        bool, Setting("Refuse a file with invalid Gaussians. Default: leave them out, with a note.")
    ] = False
    ply_metadata: Annotated[
        bool,
        Setting(
            "Write a PLY with the photo's data in the elements of the published SHARP tool. Many "
            "viewers cannot open such files. Default: in comments, which all tools accept."
        ),
    ] = False


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("convert")(with_options(convert))


def convert(
    file: FileOptions,
    splat: SplatInput,
    budget: BudgetSettings,
    filters: Filters,
    run: RunOptions,
    watch: WatchOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
    source: Annotated[
        Path | None, typer.Argument(help="The splat file.", metavar="IN", show_default=False)
    ] = None,
    to: Annotated[
        Path | None,
        typer.Argument(
            help=f"Output file: {_ENDINGS}.",
            metavar="OUT",
            show_default=False,
        ),
    ] = None,
    quality: Annotated[str | None, option_of(SplatSettings, "quality")] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(
            "--format",
            help="Target format for all scenes of the library.",
            metavar=f"[{'|'.join(STORABLE.names)}]",
        ),
    ] = None,
) -> None:
    """Convert one splat file, or the scenes of a library with --format.

    Converts all scenes of the library, or only those selected by filters. Run the same command
    again to resume an interrupted run. Detail that a lossy format drops cannot be restored.
    """
    if source is not None and to is not None:
        if format is not None:
            raise UsageError("--format is for a library", "The suffix of OUT sets the format.")
        if filters != Filters():
            raise UsageError("filters are for a library", "Omit them with IN and OUT.")
        check_are_here(source, to)
        # Imported here: torch takes seconds, and help and mistakes need none of it.
        from pipeline.scenes.convert_file import convert_file

        if file.prune and budget.limit is not None:
            raise UsageError(
                "--prune and a maximum number of Gaussians do not go together",
                "Omit --prune: what cannot be seen is left out anyway.",
            )
        conversion = convert_file(
            *(source, to, _options(to, quality, file)),
            prune=file.prune,
            axes=splat.axes,
            strict=file.strict,
            max_gaussians=budget.limit,
            on_merge=lambda count: output.note(
                f"{source}: merging {count:,} Gaussians; a scene of a million takes some minutes"
            ),
        )
        for note in conversion.notes:
            output.warn(f"{source}: {note}")
        output.result(conversion.as_dict(), _file_text(conversion))
        return
    if source is not None or format is None:
        raise UsageError(
            "give input and output",
            "Write 'convert IN OUT' for a file, 'convert --format sog' for a library.",
        )
    if file != FileOptions() or splat != SplatInput():
        raise UsageError(
            "--format-version, --prune, --axes, --strict and --ply-metadata are for single files",
            "Single files only: 'convert IN OUT'.",
        )
    settings, deadline = SplatSettings(format, quality), deadline_of(run.end)
    from jobs.runs.convert import convert_library

    library = place.resolve()
    warn_of_unmatched(output, library, filters)
    with watch.watching(library, output):
        report = convert_library(
            library,
            filters,
            settings,
            output,
            run.scene_runner(),
            deadline,
            limit.timeout,
            budget.limit,
        )
    finish_command(output, report, _library_text(report))


def _options(to: Path, quality: str | None, file: FileOptions) -> Options | None:
    """Return how the output is written. Raises UsageError where its format has no such option."""
    entry = format_to_write(to)
    if not file.ply_metadata:
        return entry.options_for(quality, file.format_version)
    if entry.options is not PlyOptions:
        raise UsageError("--ply-metadata is for PLY files", "Omit it, or write a .ply.")
    if quality is not None or file.format_version is not None:
        entry.options_for(quality, file.format_version)  # a PLY has neither: says so
    return PlyOptions(metadata_elements=True)


def _file_text(conversion: Conversion) -> str:
    text = (
        f"{conversion.path}: {conversion.gaussians:,} Gaussians, {size_text(conversion.bytes)} "
        f"(from {size_text(conversion.source_bytes)}), in {time_text(conversion.seconds)}"
    )
    if (reduced := conversion.reduced) is not None:
        return (
            f"{text}\n{reduced.gaussians_before:,} Gaussians merged to {reduced.gaussians:,}; PSNR "
            f"against the whole scene: {reduced.eye_db:.1f} dB at the photo's eye, "
            f"{reduced.aside_db:.1f} dB 5 cm aside"
        )
    if conversion.pruned_psnr_db is None:
        return text
    return (
        f"{text}\n{conversion.pruned:,} invisible Gaussians removed; PSNR of the remaining views: "
        f"{conversion.pruned_psnr_db:.1f} dB"
    )


def _library_text(report: ConvertReport) -> str:
    return "\n".join(
        [
            f"{count_text(report.done, 'scene')} converted to {report.format} in "
            f"{time_text(report.seconds)}: "
            f"{size_text(report.bytes_before)} before, {size_text(report.bytes)} now",
            *losses_text(report),
            *counts_text(
                [
                    (report.failed, "failed"),
                    (report.unchanged, "already in this format"),
                    (report.left, "left for the next run"),
                ]
            ),
        ]
    )
