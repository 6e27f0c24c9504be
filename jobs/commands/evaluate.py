"""`sharp-batch evaluate`: how well a model shows what a second camera saw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands.finish import counts_text
from jobs.commands.option_groups import WithoutFields, with_options
from jobs.commands.options import LibraryOptions, check_are_here
from jobs.commands.run_options import RunOptions
from jobs.console.output import Output, time_text
from jobs.runs.deadline import deadline_of
from jobs.runs.unmatched import warn_of_unmatched
from pipeline.catalog.filters import Filters
from pipeline.store.root import parse_root
from schemas.count_text import count_text
from schemas.errors import UsageError
from schemas.evaluation_settings import EvaluationSettings
from schemas.execution_settings import SceneLimit
from schemas.settings import ModelSettings

if TYPE_CHECKING:
    from jobs.runs.evaluate import EvaluationReport
    from pipeline.flow.model import ResolvedModel
    from sharp_core.evaluation.sample import Sample

_OUTPUT = "sharp-evaluation"
# --model is the model to evaluate here; --where selects by the model of a photo's scene.
_Filters = Annotated[Filters, WithoutFields(["model"])]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(with_options(evaluate))


def evaluate(
    model: ModelSettings,
    settings: EvaluationSettings,
    filters: _Filters,
    run: RunOptions,
    limit: SceneLimit,
    place: LibraryOptions,
    output: Output,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Stereo photos, folders of them, or one data set's folder; "
            "default: the stereo photos of the library.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option("--output", "-o", help="Folder of the results and the report.", metavar="DIR"),
    ] = _OUTPUT,
) -> None:
    """Measure how well a model shows a scene to a second camera.

    Takes stereo photos (spatial HEIC, MPO, JPS, side by side): the left eye is predicted from, the
    right eye is the truth. Or a data set with known cameras: Middlebury 2014, Booster, ScanNet++,
    WildRGBD, ETH3D, Tanks and Temples. Results of several runs with one output folder are compared
    in one report. Run the same command again to resume.
    """
    if paths and filters != Filters():
        raise UsageError("filters are for the photos of a library", "Omit them, or the paths.")
    check_are_here(*(paths or ()))
    deadline, root = deadline_of(run.end), parse_root(to)
    # Imported here: torch takes seconds, and help and mistakes need none of it.
    from jobs.console.download_progress import download_progress
    from jobs.runs.evaluate import EvaluationWork, methods_of
    from jobs.runs.evaluate import evaluate as run_evaluation
    from pipeline.flow.model import resolve_device, resolve_model

    samples = _samples(paths, settings, place, filters, output)
    resolve_device(model.device)

    def resolved() -> ResolvedModel:
        with download_progress(output) as fetching:
            return resolve_model(model, fetching)

    report = run_evaluation(
        EvaluationWork(samples, methods_of(settings.method, resolved), model.device),
        root,
        settings,
        output,
        run.scene_runner(),
        deadline,
        limit.timeout,
    )
    output.result(report.as_dict(), _text(report))
    if report.exit_code:
        raise typer.Exit(int(report.exit_code))


def _samples(
    paths: list[Path] | None,
    settings: EvaluationSettings,
    place: LibraryOptions,
    filters: Filters,
    output: Output,
) -> list[Sample]:
    from pipeline.evaluation.find import find_samples, samples_of_photos

    if paths:
        return find_samples(paths, settings.dataset, settings.stereo)
    from pipeline.catalog.query import find

    library = place.resolve()
    warn_of_unmatched(output, library, filters)
    with library.read() as connection:
        photos = [record.paths[0] for record in find(connection, filters) if record.paths]
    samples = samples_of_photos(photos, settings.stereo)
    if not samples:
        raise UsageError(
            f"no stereo photo is among {count_text(len(photos), 'photo')} of {library}",
            "Give the paths of stereo photos, or of a data set's folder.",
        )
    return samples


def _text(report: EvaluationReport) -> str:
    from sharp_core.evaluation.report.text import text_report

    return "\n".join(
        [
            text_report(report.summaries),
            f"{count_text(report.done, 'result')} computed in {time_text(report.seconds)}",
            *counts_text(
                [
                    (report.failed, "failed"),
                    (report.unchanged, "already there"),
                    (report.left, "left for the next run"),
                ]
            ),
            f"Report: {report.output}/report.html",
        ]
    )
