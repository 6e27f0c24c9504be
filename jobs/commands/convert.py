"""`sharp-batch convert`: one splat file to another format, or scenes of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text, finish_command
from jobs.commands.option_groups import option_of, with_options
from jobs.commands.options import LibraryOptions, RunOptions, check_are_here
from jobs.console.output import Output, size_text, time_text
from pipeline.catalog.filters import Filters
from schemas.errors import UsageError
from schemas.execution_settings import SceneLimit
from schemas.settings import SplatSettings
from sharp_core.formats.registry import FORMATS, STORABLE, format_of

if TYPE_CHECKING:
    from jobs.runs.convert import ConvertReport
    from pipeline.scenes.convert_file import Conversion


_ENDINGS = ", ".join(
    [suffix for entry in FORMATS if entry.write for suffix in entry.suffixes]
    + [f"or a folder's {entry.folder.index_file}" for entry in FORMATS if entry.folder]
)
_SPZ_VERSIONS = FORMATS.get("spz").versions


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("convert")(with_options(convert))


def convert(
    filters: Filters,
    run: RunOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
    source: Annotated[
        Path | None, typer.Argument(help="The splat file.", metavar="IN", show_default=False)
    ] = None,
    to: Annotated[
        Path | None,
        typer.Argument(
            help=f"File to write: {_ENDINGS}.",
            metavar="OUT",
            show_default=False,
        ),
    ] = None,
    quality: Annotated[str | None, option_of(SplatSettings, "quality")] = None,
    spz_version: Annotated[
        int | None,
        typer.Option(
            help="3 opens everywhere, 4 is a little smaller.",
            min=min(_SPZ_VERSIONS),
            max=max(_SPZ_VERSIONS),
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Remove Gaussians that no view near the photo's shows; of one file."
        ),
    ] = False,
    format: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(
            "--format",
            help="Without IN and OUT: what the library's scenes become.",
            metavar=f"[{'|'.join(STORABLE.names)}]",
        ),
    ] = None,
) -> None:
    """Convert one splat file, or with --format and no file the scenes of the library.

    Of a library, all scenes are converted, or those of the photos that filters select. A run can
    be interrupted and goes on when the same command is run again. What a coarser format has lost
    does not come back.
    """
    if source is not None and to is not None:
        if format is not None:
            raise UsageError("--format is for a library", "The ending of OUT says the format.")
        if filters != Filters():
            raise UsageError("filters are for a library", "Leave them out with IN and OUT.")
        check_are_here(source, to)
        # Imported here: torch takes seconds, and help and mistakes need none of it.
        from pipeline.scenes.convert_file import convert_file

        options = format_of(to).options_for(quality, spz_version)
        conversion = convert_file(source, to, options, prune=prune)
        output.result(conversion.as_dict(), _file_text(conversion))
        return
    if source is not None or format is None:
        raise UsageError(
            "name what becomes what",
            "Write 'convert IN OUT' for a file, 'convert --format sog' for the whole library.",
        )
    if spz_version is not None or prune:
        raise UsageError(
            "--spz-version and --prune are for single files", "Name them: 'convert IN OUT'."
        )
    settings, deadline = SplatSettings(format, quality), run.deadline()
    from jobs.runs.convert import convert_library

    report = convert_library(
        place.resolve(),
        filters,
        settings,
        output,
        run.scene_runner(),
        deadline,
        limit.timeout,
    )
    finish_command(output, report, _library_text(report))


def _file_text(conversion: Conversion) -> str:
    text = (
        f"{conversion.path}: {conversion.gaussians} Gaussians, {size_text(conversion.bytes)} "
        f"(from {size_text(conversion.source_bytes)}), in {time_text(conversion.seconds)}"
    )
    if conversion.pruned_psnr_db is None:
        return text
    return (
        f"{text}\n{conversion.pruned} Gaussians that no view shows are gone; views without them "
        f"are equal to {conversion.pruned_psnr_db:.1f} dB"
    )


def _library_text(report: ConvertReport) -> str:
    return "\n".join(
        [
            f"{report.done} scenes became {report.format} in {time_text(report.seconds)}: "
            f"{size_text(report.bytes_before)} before, {size_text(report.bytes)} now",
            *counts_text(
                [
                    (report.failed, "failed"),
                    (report.unchanged, "were stored so already"),
                    (report.left, "left for another run"),
                ]
            ),
        ]
    )
