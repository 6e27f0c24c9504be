"""The predictor actors of a run: starting them, replacing them, and ending them."""

from __future__ import annotations

from collections.abc import Iterator

import ray
from ray.exceptions import ActorDiedError, OutOfMemoryError, RayError, RayTaskError

from pipeline.cluster.fault_attribution import Loss, LossKind, error_text, first_line
from pipeline.cluster.predictor import PredictorActor
from pipeline.cluster.resources import Resources
from pipeline.cluster.tasks import PhotoTask, Ref
from pipeline.cluster.workers import spawn_predictor
from pipeline.flow.flow import Flow
from schemas.errors import RunError, SharpBatchError

_MOST_FAILED_STARTS = 5  # in a row, before the run is given up


class Predictors:
    """All predictors of a run. None is started before it is needed."""

    def __init__(self, flow: Flow, resources: Resources) -> None:
        self._flow = flow
        self._resources = resources
        self._all: list[PredictorActor] = []
        self._failed_starts = 0

    def __iter__(self) -> Iterator[PredictorActor]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def ready(self) -> list[PredictorActor]:
        """Those whose model is loaded."""
        return [predictor for predictor in self._all if predictor.is_ready]

    @property
    def tasks(self) -> list[PhotoTask]:
        """All photos that any has been given."""
        return [task for predictor in self._all for task in predictor.tasks]

    def start(self) -> None:
        """Start all, if they are not."""
        while len(self._all) < self._resources.predictors:
            self._all.append(self._spawn())

    def fit(self, resources: Resources) -> None:
        """Count on these resources from now on: end those that wait for a place that is gone."""
        self._resources = resources
        for predictor in [p for p in self._all if not p.is_ready]:
            if len(self._all) > resources.predictors:
                ray.kill(predictor.actor)
                self._all.remove(predictor)

    def kill(self) -> None:
        """End all."""
        for predictor in self._all:
            ray.kill(predictor.actor)

    def refs(self) -> Iterator[Ref]:
        """Yield what can come back: calls, and the starts of those that are not ready."""
        for predictor in self._all:
            if predictor.is_ready:
                yield from predictor.calls
            else:
                yield predictor.started

    def replace(self, predictor: PredictorActor) -> PredictorActor:
        """Kill one and start another in its place."""
        ray.kill(predictor.actor)
        new = self._spawn()
        new.died_of = predictor.died_of
        self._all[self._all.index(predictor)] = new
        return new

    def replace_dead(self, predictor: PredictorActor) -> None:
        """Replace one that died while it was idle. Raises RunError if that happens repeatedly."""
        self._count_failed_start("while it was idle")
        self.replace(predictor)

    def replace_lost(
        self, predictor: PredictorActor, loss: Loss, message: str, *, has_company: bool
    ) -> list[PhotoTask]:
        """Replace one that died, or is to die, and return the photos that it had.

        `has_company` says that decode or encode tasks run. Raises RunError, with the `message`, if
        it could not even predict a known-good test photo.
        """
        tasks = predictor.tasks
        has_company = has_company or len(self.tasks) > len(tasks)
        is_outside = loss.kind is LossKind.NODE or (loss.kind is LossKind.MEMORY and has_company)
        if not (tasks or is_outside):  # it was at a health check
            raise RunError(
                f"the predictor fails on a known-good test photo, and so on every photo: {message}",
                "See 'sharp-batch doctor'. The photos stay due.",
            )
        replacement = self.replace(predictor)
        if loss.kind is LossKind.SOLE_TASK:
            replacement.died_of.update(task.file.photo_id for task in tasks)
        return tasks

    def finish_start(self, predictor: PredictorActor, *, has_company: bool) -> None:
        """Handle the end of a start; one that died is repeated.

        A start that was starved of memory does not count if it `has_company` of other work.
        Raises RunError, WeightsError or the like with the cause where another try would fail too.
        """
        try:
            predictor.node = ray.get(predictor.started)
        except RayTaskError as error:
            if isinstance(error.cause, SharpBatchError):
                raise error.cause from None
            raise RunError(f"the model could not be loaded: {error.cause}") from error
        except RayError as error:
            if isinstance(error, ActorDiedError) and error.actor_init_failed:
                raise RunError(f"the model could not be loaded: {error_text(error)}") from error
            if not (has_company and isinstance(error, OutOfMemoryError)):
                self._count_failed_start(f"while it loaded its model: {first_line(error)}")
            self.replace(predictor)

    def note_work(self) -> None:
        """Note that a predictor has done something: failed starts before it are history."""
        self._failed_starts = 0

    def _count_failed_start(self, when: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise RunError(
                f"the predictor died {_MOST_FAILED_STARTS} times {when}",
                "See 'sharp-batch doctor'; with too little memory, try --inline.",
            )

    def _spawn(self) -> PredictorActor:
        resources = self._resources
        on_each_node = -(-resources.predictors // resources.nodes)
        actor = spawn_predictor(self._flow, resources.gpus_per_predictor, on_each_node)
        return PredictorActor(actor, actor.start.remote())
