"""The predictor actors of a run: starting them, replacing them, and what each has been given."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import ActorDiedError, OutOfMemoryError, RayError, RayTaskError

from pipeline.cluster.fault_attribution import error_text, first_line
from pipeline.cluster.tasks import PhotoTask, Ref
from pipeline.cluster.workers import spawn_predictor
from pipeline.flow.flow import Flow
from schemas.errors import RunError, SharpBatchError

_STARTS = 5  # that come to nothing in a row before the run is given up
_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run has of a cluster."""

    predictors: int
    gpus_per_predictor: float
    cores: int
    nodes: int
    object_store_bytes: int


@dataclass(frozen=True, slots=True)
class Call:
    """A batch that a predictor has been given; without items, it is being probed."""

    items: list[PhotoTask]
    scenes: list[Ref]


@dataclass(slots=True, eq=False)
class Predictor:
    """A predictor actor; `calls` maps the small result of each call to what it is about."""

    actor: Any
    started: Ref  # gives the node's id once the model is loaded
    node: str | None = None
    calls: dict[Ref, Call] = field(default_factory=dict)
    clock: float = 0.0  # since when the call at work has been at work
    died_of: set[str] = field(default_factory=set)  # photo_ids that it or one before was alone with

    @property
    def is_ready(self) -> bool:
        """Whether its model is loaded."""
        return self.node is not None

    @property
    def is_exclusive(self) -> bool:
        """Whether a suspect or a probe has it to itself."""
        return any(
            not call.items or any(item.is_suspect for item in call.items)
            for call in self.calls.values()
        )

    @property
    def items(self) -> list[PhotoTask]:
        """All photos that it has been given."""
        return [item for call in self.calls.values() for item in call.items]

    def predict(self, items: list[PhotoTask]) -> None:
        """Give it a batch."""
        status, *scenes = self.actor.predict.options(num_returns=1 + len(items)).remote(
            [item.photo for item in items], *(item.pixels for item in items)
        )
        self._take(status, Call(items, scenes))

    def probe(self) -> None:
        """Give it a photo that nothing is wrong with."""
        self._take(self.actor.probe.remote(), Call([], []))

    def finish(self, ref: Ref) -> Call:
        """Return the call that has come back; the clock of the next one begins."""
        self.clock = time.monotonic()
        return self.calls.pop(ref)

    def is_late(self, limit_s: float) -> bool:
        """Tell whether the call at work takes longer than `limit_s` a photo."""
        if not (self.is_ready and self.calls):
            return False
        photos = max(1, len(next(iter(self.calls.values())).items))
        return time.monotonic() - self.clock > limit_s * photos

    def has_answered(self) -> bool:
        """Tell whether a call has come back that the driver has not taken in."""
        answers, _ = ray.wait(list(self.calls), timeout=0, fetch_local=False)
        return bool(answers)

    def is_alive(self) -> bool:
        """Ask it. For an idle one, which answers at once, and whose death nobody has heard of."""
        try:
            ray.get(self.actor.ping.remote(), timeout=_ANSWER_SECONDS)
        except RayError:
            return False
        return True

    def is_node_alive(self) -> bool:
        """Tell whether the machine that it ran on is still there."""
        return any(node["Alive"] and node["NodeID"] == self.node for node in ray.nodes())

    def _take(self, ref: Ref, call: Call) -> None:
        if not self.calls:
            self.clock = time.monotonic()
        self.calls[ref] = call


class Predictors:
    """All predictors of a run. None is started before it is needed."""

    def __init__(self, flow: Flow, resources: Resources) -> None:
        self._flow = flow
        self._resources = resources
        self._all: list[Predictor] = []
        self._starts_in_vain = 0

    def __iter__(self) -> Iterator[Predictor]:
        return iter(self._all)

    @property
    def ready(self) -> list[Predictor]:
        """Those whose model is loaded."""
        return [predictor for predictor in self._all if predictor.is_ready]

    @property
    def items(self) -> list[PhotoTask]:
        """All photos that any has been given."""
        return [item for predictor in self._all for item in predictor.items]

    def start(self) -> None:
        """Start all, if they are not."""
        while len(self._all) < self._resources.predictors:
            self._all.append(self._spawn())

    def fit(self, resources: Resources) -> None:
        """Take in what there is now: wait no longer for the start of those it has no place for."""
        self._resources = resources
        for predictor in [p for p in self._all if not p.is_ready]:
            if len(self._all) > resources.predictors:
                ray.kill(predictor.actor)
                self._all.remove(predictor)

    def kill(self) -> None:
        """End all."""
        for predictor in self._all:
            ray.kill(predictor.actor)

    def replace_dead(self, predictor: Predictor) -> None:
        """Replace one that died while it had nothing to do.

        Raises RunError if that happens again and again.
        """
        self._count_start_in_vain("while it was idle")
        self.replace(predictor)

    def refs(self) -> Iterator[Ref]:
        """Yield what can come back: calls, and the starts of those that are not ready."""
        for predictor in self._all:
            if predictor.is_ready:
                yield from predictor.calls
            else:
                yield predictor.started

    def replace(self, predictor: Predictor) -> Predictor:
        """Kill one and start another in its place."""
        ray.kill(predictor.actor)
        new = self._spawn()
        new.died_of = predictor.died_of
        self._all[self._all.index(predictor)] = new
        return new

    def see_started(self, predictor: Predictor, *, has_company: bool) -> None:
        """Take in how a start has ended; one that died is repeated.

        One that was starved of memory is none of its own fault if it `has_company` of other work.
        Raises RunError, WeightsError or the like with the cause where there is no use in that.
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
                self._count_start_in_vain(f"while it loaded its model: {first_line(error)}")
            self.replace(predictor)

    def see_work(self) -> None:
        """Take in that a predictor has done something."""
        self._starts_in_vain = 0

    def _count_start_in_vain(self, what: str) -> None:
        self._starts_in_vain += 1
        if self._starts_in_vain >= _STARTS:
            raise RunError(
                f"the predictor died {_STARTS} times {what}",
                "See 'sharp-batch doctor'; with too little memory, try --inline.",
            )

    def _spawn(self) -> Predictor:
        resources = self._resources
        a_node = -(-resources.predictors // resources.nodes)
        actor = spawn_predictor(self._flow, resources.gpus_per_predictor, a_node)
        return Predictor(actor, actor.start.remote())
