"""One predictor actor, and what the driver has given it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import ray
from ray.exceptions import RayError, RayTaskError

from pipeline.cluster.fault_attribution import Loss, LossKind, known_loss, timeout_loss
from pipeline.cluster.tasks import PhotoTask, Ref
from pipeline.cluster.workers import Actor
from schemas.outcomes import Stage

_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """A batch that a predictor has been given; a health check has no photos."""

    tasks: list[PhotoTask]
    scenes: list[Ref]

    @property
    def is_health_check(self) -> bool:
        """Whether it is a known-good test photo of our own."""
        return not self.tasks


@dataclass(slots=True, eq=False)
class PredictorActor:
    """A predictor actor; `calls` maps the small result of each call to the call."""

    actor: Actor
    started: Ref  # gives the node's id once the model is loaded
    node: str | None = None
    calls: dict[Ref, Call] = field(default_factory=dict)
    clock: float = 0.0  # since when the running call has been running
    died_of: set[str] = field(default_factory=set)  # photo_ids; of those before it in its place too

    @property
    def is_ready(self) -> bool:
        """Whether its model is loaded."""
        return self.node is not None

    @property
    def is_exclusive(self) -> bool:
        """Whether a suspect or a health check has it to itself."""
        return any(
            call.is_health_check or any(task.is_suspect for task in call.tasks)
            for call in self.calls.values()
        )

    @property
    def tasks(self) -> list[PhotoTask]:
        """All photos that it has been given."""
        return [task for call in self.calls.values() for task in call.tasks]

    def predict(self, tasks: list[PhotoTask]) -> None:
        """Give it a batch."""
        status, *scenes = self.actor.predict.options(num_returns=1 + len(tasks)).remote(
            [task.photo for task in tasks], *(task.pixels for task in tasks)
        )
        self._add(status, Call(tasks, scenes))

    def health_check(self) -> None:
        """Give it a known-good test photo."""
        self._add(self.actor.health_check.remote(), Call([], []))

    def finish(self, ref: Ref) -> Call:
        """Return the call that has come back; the clock of the next one begins."""
        self.clock = time.monotonic()
        return self.calls.pop(ref)

    def is_late(self, limit_s: float) -> bool:
        """Tell whether the running call takes longer than `limit_s` a photo, and has no result."""
        if not (self.is_ready and self.calls):
            return False
        photos = max(1, len(next(iter(self.calls.values())).tasks))
        return time.monotonic() - self.clock > limit_s * photos and not self._has_result()

    def is_alive(self) -> bool:
        """Ask an idle one, which answers at once: Ray does not report its death otherwise."""
        try:
            ray.get(self.actor.ping.remote(), timeout=_ANSWER_SECONDS)
        except RayError:
            return False
        return True

    def loss(self, error: RayError | None, limit_s: float) -> Loss:
        """Return the loss of its photos when it has died; without an error, it took too long."""
        if not self._is_node_alive():
            return Loss(LossKind.NODE, Stage.PREDICT)
        kind = LossKind.SOLE_TASK if len(self.tasks) <= 1 else LossKind.SHARED_WORKER
        if error is None:
            return timeout_loss(kind, Stage.PREDICT, limit_s)
        if isinstance(error, RayTaskError):  # its GPU takes no more work
            return Loss(kind, Stage.PREDICT, message=str(error.cause))
        return known_loss(Stage.PREDICT, error) or Loss(
            kind, Stage.PREDICT, message="the predictor died"
        )

    def _has_result(self) -> bool:
        """Tell whether a call has come back that the driver has not handled yet."""
        results, _ = ray.wait(list(self.calls), timeout=0, fetch_local=False)
        return bool(results)

    def _is_node_alive(self) -> bool:
        """Tell whether the machine that it ran on is still there."""
        return any(node["Alive"] and node["NodeID"] == self.node for node in ray.nodes())

    def _add(self, ref: Ref, call: Call) -> None:
        if not self.calls:
            self.clock = time.monotonic()
        self.calls[ref] = call
