"""The stage of an evaluation: one source picture and one method -> results of its pairs."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch

from pipeline.evaluation.methods import Method
from pipeline.evaluation.pictures import PairPictures
from pipeline.evaluation.results import (
    due_pairs,
    key_of,
    read_result,
    result_path,
    write_result,
)
from pipeline.scenes.read import renderer_here
from pipeline.store.store import Store
from pipeline.work.failures import failed
from schemas.choices import Device, PictureKind
from schemas.errors import PhotoError, RunError, UsageError, WeightsError
from schemas.evaluation_settings import MetricSettings
from schemas.execution_settings import SCENE_LIMIT_S
from schemas.outcomes import Failed, Made, Stage
from schemas.reasons import FailureReason
from schemas.records import MediaType, PhotoFile
from sharp_core.evaluation.judge import Judge, Judgement
from sharp_core.evaluation.metrics.entry import Compare, MetricWeights
from sharp_core.evaluation.metrics.registry import load_metrics
from sharp_core.evaluation.result import PairResult
from sharp_core.evaluation.sample import Sample


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """A sample, the method that makes its scene, and the pairs that are due."""

    photo: PhotoFile  # the source's file
    sample: Sample
    method: Method
    pairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluateStage:
    """Predicts a scene, renders the targets, compares them and stores results and pictures."""

    metrics: MetricSettings
    pictures: PictureKind
    store: Store
    device: Device
    gpus: float = 0.0
    limit_s: float = SCENE_LIMIT_S
    cores: int = 2  # of a worker
    name: Stage = Stage.EVALUATE

    def process(self, task: EvaluationTask) -> Made | Failed:
        """Evaluate one sample. Raises RunError, UsageError, WeightsError."""
        started = time.perf_counter()
        try:
            self._evaluate(task)
        except (RunError, UsageError, WeightsError):
            raise
        except Exception as error:
            if isinstance(error, ValueError):  # as the geometry says that something does not fit
                error = PhotoError(FailureReason.UNREADABLE, str(error))
            outcome = failed(task.photo, self.name, error)
            return replace(outcome, message=f"{task.method.name}: {outcome.message}")
        return Made(task.photo, (), time.perf_counter() - started)

    def _evaluate(self, task: EvaluationTask) -> None:
        views = task.sample.read()
        scene = task.method.make(task.sample, views.source)
        renderer = renderer_here(scene.gaussians, threads=self.cores)
        judge = Judge(renderer, views.source, self.load_metrics())
        key = key_of(task.sample, task.method)
        problem: ValueError | None = None
        for target in views.targets:
            if target.pair not in task.pairs:
                continue
            try:
                found = judge.judge(target)
            except ValueError as error:  # of this pair: the others go on
                problem = problem or error
                continue
            found = replace(found, notes=(*views.notes, *found.notes))
            self._store(task, target.pair, found, key, scene.seconds)
        if problem is not None:
            raise problem

    def _store(
        self,
        task: EvaluationTask,
        pair: str,
        found: Judgement,
        key: str,
        predict_seconds: float | None,
    ) -> None:
        sample, method = task.sample, task.method.name
        pictures = PairPictures(self.store, sample.dataset, pair, method)
        pictures.write(found, self.pictures)
        before = read_result(self.store, result_path(method, sample.dataset, pair))
        aligned = found.aligned
        result = PairResult(
            dataset=sample.dataset,
            pair=pair,
            source=sample.name,
            method=method,
            key=key,
            width=found.target.shape[1],
            height=found.target.shape[0],
            distance_m=found.distance_m,
            plain=found.plain.values,
            aligned=aligned.values if aligned is not None else None,
            scale=aligned.fit.scale if aligned is not None else None,
            predict_seconds=predict_seconds,
            render_seconds=found.render_seconds,
            notes=found.notes,
            pictures=pictures.paths,
        )
        write_result(self.store, _with_earlier(result, before))

    def load_metrics(self) -> Mapping[str, Compare]:
        """Return the metrics, loaded once in a process. Raises UsageError, WeightsError."""
        return _loaded(self.metrics, _device(self.device))


def evaluation_tasks(
    samples: Iterable[Sample], methods: Iterable[Method], stage: EvaluateStage
) -> tuple[list[EvaluationTask], int]:
    """Return what is due, and how many pairs have their results. Raises UsageError."""
    tasks, unchanged = [], 0
    methods = tuple(methods)
    for sample in samples:
        for method in methods:
            due = due_pairs(stage.store, sample, method, stage.metrics.metrics, stage.pictures)
            unchanged += len(sample.pairs) - len(due)
            if due:
                tasks.append(EvaluationTask(_file_of(sample, method), sample, method, due))
    return tasks, unchanged


def _with_earlier(result: PairResult, before: PairResult | None) -> PairResult:
    """Return the result with metrics of an earlier run of the same scene and pair."""
    if before is None or before.key != result.key:
        return result
    aligned = result.aligned
    if aligned is not None:
        aligned = {**(before.aligned or {}), **aligned}
    return replace(
        result,
        plain={**before.plain, **result.plain},
        aligned=aligned,
        pictures={**before.pictures, **result.pictures},
    )


def _file_of(sample: Sample, method: Method) -> PhotoFile:
    """Return the source's file; its id tells one task from the others."""
    text = f"{method.name}\0{sample.dataset}\0{sample.name}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return PhotoFile(digest[:32], str(sample.files[0]), 0, 0, MediaType.UNKNOWN)


def _device(device: Device) -> str:
    is_cuda = device in (Device.AUTO, Device.CUDA) and torch.cuda.is_available()
    return "cuda" if is_cuda else "cpu"


@functools.cache
def _loaded(settings: MetricSettings, device: str) -> Mapping[str, Compare]:
    weights = MetricWeights(settings.vgg16, settings.alexnet)
    return load_metrics(settings.metrics, weights, torch.device(device))
