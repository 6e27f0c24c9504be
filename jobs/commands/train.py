"""`sharp-batch train`: train SHARP on procedural scenes, posed pictures or photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import finish_command
from jobs.commands.option_groups import OnlyFields, with_options
from jobs.commands.options import LibraryOptions
from jobs.console.output import Output, time_text
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from schemas.count_text import count_text
from schemas.errors import UsageError
from schemas.execution_settings import RunnerSettings
from schemas.training_settings import TrainChoices

if TYPE_CHECKING:
    from jobs.runs.train import TrainReport
    from sharp_core.training.sharp.settings import TrainingSettings
    from sharp_core.training.sharp.sources import PairSource, PhotoSource


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(with_options(train))


def train(
    context: typer.Context,
    choices: TrainChoices,
    filters: Filters,
    place: LibraryOptions,
    runner: Annotated[RunnerSettings, OnlyFields(["address"])],
    output: Output,
    config: Annotated[
        Path | None,
        typer.Option(help="Training configuration (TOML); options override it.", dir_okay=False),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the run: weights, log, pictures; it resumes from it.")
    ] = Path("training"),
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="Stage 1: folder of posed pictures with depth, in the layout of one of "
            "evaluate's data sets, in place of procedural scenes.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    photos: Annotated[
        list[Path] | None,
        typer.Option(help="Stage 2: folder of photos, in place of the library; repeat for more."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes to train with, by Ray Train; one per GPU.")
    ] = 1,
) -> None:
    """Train SHARP; run the same command again to resume.

    Stage 1 learns from procedural scenes or --pairs, stage 2 from photos alone: those of the
    library that the filters select, or --photos. The result is weights.pt in the run's folder, for
    'sharp-batch ingest --model sharp --checkpoint'.
    """
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.commands.train_config import TrainConfig, read_train_config, training_settings
    from jobs.runs.train import Processes
    from jobs.runs.train import train as run_training
    from jobs.runs.train_data import pair_source, photo_source
    from pipeline.library import Library

    read = TrainConfig() if config is None else read_train_config(config, output.note)
    settings = training_settings(read, choices)
    given = read.data
    source: PairSource | PhotoSource
    if settings.stage == 1:
        if photos:
            raise UsageError("--photos are for stage 2", "Add --stage 2.")
        if filters != Filters():
            raise UsageError("filters select photos for stage 2", "Add --stage 2, or omit them.")
        source = pair_source(
            settings,
            given.scenes,
            pairs or given.pairs,
            dataset=given.dataset,
            unit=given.unit,
        )
    else:
        if pairs is not None:
            raise UsageError("--pairs are for stage 1", "Add --stage 1, or give --photos.")
        is_named = _is_given(context, "library")
        library = place.resolve()
        if given.library is not None and not is_named:
            library = Library.resolve(given.library, given.catalog)
        chosen = filters if filters != Filters() else given.query
        folders = photos or (() if is_named else given.photos)
        source = photo_source(settings, folders, library, chosen)
        warn_of_unmatched(output, library, chosen)
    processes = Processes(workers, runner.address, choices.device)
    report = run_training(settings, source, out, output, processes)
    finish_command(output, report, _text(report, settings))


def _is_given(context: typer.Context, option: str) -> bool:
    """Tell whether a command line names an option itself; an environment variable is less."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _text(report: TrainReport, settings: TrainingSettings) -> str:
    lines = []
    if report.is_interrupted:
        left = count_text(report.left, "step is", "steps are")
        lines.append(f"Interrupted; {left} left. Run it again to resume.")
    taken = report.unchanged + report.done
    lines.append(
        f"Stage {settings.stage}: {taken} of {report.steps} steps, {report.done} of them now in "
        f"{time_text(report.seconds)}"
    )
    if report.held_out_psnr_db is not None:
        lines.append(
            f"Held-out novel views: {report.first_psnr_db:.2f} dB at the start, "
            f"{report.held_out_psnr_db:.2f} dB now"
        )
    if report.picture:
        lines.append(f"Pictures: {report.picture}")
    if report.weights:
        lines.append(
            f"Weights: {report.weights}, for 'sharp-batch ingest --model sharp --preset "
            f"{settings.preset} --checkpoint {report.weights}'"
        )
    return "\n".join(lines)
