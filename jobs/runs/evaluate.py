"""Evaluates a model, or splat files, on pairs of pictures. Resumable: results are kept.

It needs no library: what it computes is a folder of results and a report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from jobs.console.output import Output
from jobs.console.progress import RunProgress
from jobs.runs.scene_run import RunnerMaker
from jobs.runs.signals import StopSignals, stop_on_signals
from pipeline.evaluation.methods import FlatMethod, Method, ModelMethod, SplatMethod
from pipeline.evaluation.report import write_reports
from pipeline.evaluation.results import PICTURES, RESULTS
from pipeline.evaluation.stage import EvaluateStage, EvaluationTask, evaluation_tasks
from pipeline.flow.model import ResolvedModel
from pipeline.store.root import LibraryRoot
from pipeline.store.store import Store
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.errors import ExitCode, UsageError
from schemas.evaluation_settings import EvaluationSettings, MethodSettings
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.outcomes import Failed, Made, without_waiting
from sharp_core.evaluation.sample import Sample
from sharp_core.evaluation.summary import DatasetSummary


class EvaluationWork(NamedTuple):
    """What a run evaluates."""

    samples: Sequence[Sample]
    methods: Sequence[Method]
    device: Device  # of metrics that use a network


@dataclass(slots=True, kw_only=True)
class EvaluationReport:
    """What a run did: in pairs of pictures and methods. `left` is due and was not begun."""

    output: str
    selected: int = 0  # = unchanged + done + failed + left
    unchanged: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0
    is_interrupted: bool = False
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    summaries: list[DatasetSummary] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        own = {name: value for name, value in asdict(self).items() if name != "summaries"}
        return {**own, "datasets": [summary.as_dict() for summary in self.summaries]}

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        if self.is_interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.SOME_FAILED if self.failed else ExitCode.OK


def methods_of(
    settings: MethodSettings, resolve: Callable[[], ResolvedModel]
) -> tuple[Method, ...]:
    """Return what is to be evaluated. Raises UsageError, and WeightsError as `resolve` does."""
    first: Method
    if settings.splats is not None:
        folder = settings.splats.absolute()  # workers have working folders of their own
        first = SplatMethod(settings.name or folder.name, folder)
    else:
        model = resolve()
        first = ModelMethod(settings.name or model.name, model)
    if not settings.flat:
        return (first,)
    flat = FlatMethod()
    if first.name == flat.name:
        raise UsageError(f"--name {first.name} is the name of the flat photo", "Choose another.")
    return (first, flat)


def evaluate(
    work: EvaluationWork,
    to: LibraryRoot,
    settings: EvaluationSettings,
    output: Output,
    runner: RunnerMaker,
    deadline: datetime | None = None,
    limit_s: float = SCENE_LIMIT_S,
) -> EvaluationReport:
    """Compute the results that are missing, and write the report of all.

    Raises UsageError, WeightsError, RunError.
    """
    started = time.monotonic()
    store = Store(to)
    store.make()
    store.sweep((RESULTS, PICTURES))
    gpus = max(method.gpus for method in work.methods)
    stage = EvaluateStage(settings.metric, settings.pictures, store, work.device, gpus, limit_s)
    stage.load_metrics()  # what is missing shows before the first picture is rendered
    tasks, unchanged = evaluation_tasks(work.samples, work.methods, stage)
    report = EvaluationReport(output=store.address("").rstrip("/"), unchanged=unchanged)
    report.left = sum(len(task.pairs) for task in tasks)
    report.selected = report.unchanged + report.left
    stop = Stop(deadline)
    note = partial(output.note, "Finishing the pairs in progress.")
    with stop_on_signals(stop, note) as signals:
        _carry_out(tasks, stage, report, output, runner, stop, signals)
        report.is_interrupted = stop.is_requested and report.left > 0
        report.summaries = write_reports(store, report.failures)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _carry_out(
    tasks: Sequence[EvaluationTask],
    stage: EvaluateStage,
    report: EvaluationReport,
    output: Output,
    runner: RunnerMaker,
    stop: Stop,
    signals: StopSignals,
) -> None:
    if not tasks:
        return
    pairs = {task.photo.photo_id: len(task.pairs) for task in tasks}
    with RunProgress(output, "scenes") as progress, signals.work():
        progress.begin(len(tasks))
        with runner() as scenes:
            for outcome in without_waiting(scenes.map_scenes(stage, tasks, stop)):
                progress.advance(outcome)
                _count(outcome, pairs[outcome.file.photo_id], report)


def _count(outcome: Made | Failed, pairs: int, report: EvaluationReport) -> None:
    report.left -= pairs
    if isinstance(outcome, Failed):
        report.failed += pairs
        report.failures.append(f"{outcome.file.path}: {outcome.reason}: {outcome.message}")
    else:
        report.done += pairs
