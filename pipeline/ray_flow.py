"""One run's flow on a Ray cluster that is up.

The driver keeps a window of its own over decode tasks, predictor actors and encode tasks, and
waits on small results only: pixels and Gaussians go from worker to worker through the object
store, within a budget of bytes, and never through the driver.

Whose fault a crash is: a decode or encode worker has one photo, so it is that one's. A predictor
that dies blames nobody at first: the photos it had go again, each alone on an idle predictor. Only
crashes while alone count, `MOST_CRASHES` give a photo up, and not before the same predictor has
survived a photo that nothing is wrong with. A lost node is nobody's fault.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayError,
    RayTaskError,
)

from pipeline.blame import MOST_MOVES, given_up, is_last_crash, lost_nodes
from pipeline.flow import Flow
from pipeline.ray_workers import CALLS_PER_PREDICTOR, decode_task, encode_task, spawn_predictor
from pipeline.stop import Stop
from pipeline.time_limit import GRACE_SECONDS
from pipeline.watch import StageCounts, Watch
from schemas.errors import FailureReason, RunError, SharpBatchError
from schemas.records import DecodedPhoto, Failed, Outcome, PhotoFile
from sharp_core.gaussians import COLUMNS

Ref = Any  # a ray.ObjectRef; ray has no types of its own
_WAIT_SECONDS = 0.2  # how often the driver looks up, for Ctrl-C and for new photos
_STARTS = 5  # failed starts of a predictor in a row before the run is given up
_INPUT_SHARE = 0.35  # of the object store: pixels; the rest is for Gaussians
_SCENE_BYTES = 2 * 768 * 768 * COLUMNS * 4
_PATIENCE_SECONDS = 60.0  # without any predictor, before something is said


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run has of a cluster."""

    predictors: int
    gpus_per_predictor: float
    cores: int
    nodes: int
    object_store_bytes: int


@dataclass(slots=True)
class _Item:
    """A photo on its way."""

    file: PhotoFile
    photo: DecodedPhoto | None = None
    pixels: Any = None  # a reference into the object store
    crashes: int = 0  # while alone, those of earlier runs among them
    moves: int = 0  # of nodes that were lost with it
    began: float = 0.0  # when its task was sent off

    @property
    def is_suspect(self) -> bool:
        return self.was_in_crash or self.crashes > 0

    was_in_crash: bool = False  # together with others

    @property
    def input_bytes(self) -> int:
        return 3 * self.photo.width * self.photo.height if self.photo else 0


@dataclass(slots=True)
class _Call:
    """A batch that a predictor has been given; no items: it is being probed."""

    items: list[_Item]
    scenes: list[Ref]


@dataclass(slots=True, eq=False)
class _Predictor:
    """A predictor actor; `calls` maps the small result of each call to what it is about."""

    actor: Any
    started: Ref  # gives the node's id once the model is loaded
    node: str | None = None
    calls: dict[Ref, _Call] = field(default_factory=dict)
    clock: float = 0.0  # since when the call at work has been at work
    failed_photos: set[str] = field(default_factory=set)  # that it was alone with when it died

    @property
    def is_ready(self) -> bool:
        return self.node is not None

    @property
    def is_exclusive(self) -> bool:
        """Whether a suspect or a probe has it to itself."""
        return any(
            not call.items or any(item.is_suspect for item in call.items)
            for call in self.calls.values()
        )


class FlowOnRay:
    """One run's state: every photo in it is in exactly one of the collections below."""

    def __init__(
        self,
        flow: Flow,
        photos: Iterator[PhotoFile],
        stop: Stop,
        watch: Watch,
        resources: Resources,
    ) -> None:
        self._flow = flow
        self._photos = photos
        self._stop = stop
        self._watch = watch
        self._resources = resources
        # Each stage goes into the object store once, not into every call.
        self._decode_stage = ray.put(flow.decode)
        self._encode_stage = ray.put(flow.encode)
        self._decoding: dict[Ref, _Item] = {}
        self._ready: deque[_Item] = deque()
        self._suspects: deque[_Item] = deque()  # decoded, each to be predicted alone
        self._doomed: list[tuple[_Item, Failed]] = []  # given up, if a predictor survives a probe
        self._predictors: list[_Predictor] = []
        self._encoding: dict[Ref, _Item] = {}
        self._is_fed = False  # the photos have come to their end
        self._failed_starts = 0
        self._input_budget = int(_INPUT_SHARE * resources.object_store_bytes)
        output_budget = resources.object_store_bytes - self._input_budget
        self._scenes_at_once = max(flow.batch_size, output_budget // _SCENE_BYTES)
        self._last_predictor = time.monotonic()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes as they come. Raises RunError where no predictor can be started."""
        try:
            while True:
                self._feed()
                self._dispatch()
                self._report()
                waiting = self._waiting()
                if not waiting:
                    return
                # Results are fetched by those who need them: fetch_local would bring the
                # arrays that belong to them to the driver.
                finished, _ = ray.wait(waiting, timeout=_WAIT_SECONDS, fetch_local=False)
                for ref in finished:
                    yield from self._finished(ref)
                yield from self._late()
        finally:
            for predictor in self._predictors:
                ray.kill(predictor.actor)

    def _waiting(self) -> list[Ref]:
        calls = [ref for predictor in self._predictors for ref in predictor.calls]
        work = [*self._decoding, *calls, *self._encoding]
        if not (work or self._ready or self._suspects or self._doomed):
            return []
        return [*work, *(p.started for p in self._predictors if not p.is_ready)]

    def _report(self) -> None:
        predicting = sum(len(c.items) for p in self._predictors for c in p.calls.values())
        ready = [p for p in self._predictors if p.is_ready]
        busy = sum(bool(p.calls) for p in ready)
        held_up_by = None
        if ready:
            self._last_predictor = time.monotonic()
            if busy == len(ready):
                held_up_by = "predict"
            else:
                held_up_by = "encode" if not self._has_room(1) else "decode"
        elif self._predictors and time.monotonic() - self._last_predictor > _PATIENCE_SECONDS:
            self._last_predictor = time.monotonic()
            self._watch.notice(
                f"No predictor has started for {_PATIENCE_SECONDS:g} s; the cluster has "
                f"{_resources_text()} free."
            )
        counts = StageCounts(
            len(self._decoding),
            len(self._ready) + len(self._suspects),
            predicting,
            len(self._encoding),
            len(ready),
            busy,
        )
        self._watch.see(counts, held_up_by)

    # Feeding and dispatching

    def _feed(self) -> None:
        if self._stop.is_asked:
            self._is_fed = True
            self._decoding.clear()
            self._ready.clear()
            self._suspects.clear()
        window = self._resources.cores + 2 * self._flow.batch_size * self._resources.predictors
        while not self._is_fed and len(self._decoding) + len(self._ready) < window:
            if sum(item.input_bytes for item in self._held()) > self._input_budget:
                return
            file = next(self._photos, None)
            if file is None or self._stop.is_asked:
                self._is_fed = True
                return
            if not self._predictors:
                self._predictors = [self._spawn() for _ in range(self._resources.predictors)]
            self._start_decode(_Item(file, crashes=file.crashes))

    def _held(self) -> Iterator[_Item]:
        """Yield the photos whose pixels are in the object store."""
        yield from self._ready
        yield from self._suspects
        for predictor in self._predictors:
            for call in predictor.calls.values():
                yield from call.items

    def _start_decode(self, item: _Item) -> None:
        item.photo = item.pixels = None
        item.began = time.monotonic()
        header, item.pixels = decode_task.remote(self._decode_stage, item.file)
        self._decoding[header] = item

    def _dispatch(self) -> None:
        ready = [predictor for predictor in self._predictors if predictor.is_ready]
        self._dispatch_alone(ready)
        for predictor in ready:
            while self._ready and len(predictor.calls) < CALLS_PER_PREDICTOR:
                is_full = len(self._ready) >= self._flow.batch_size
                if predictor.is_exclusive or (predictor.calls and not is_full):
                    break
                count = min(len(self._ready), self._flow.batch_size)
                if not self._has_room(count):
                    break
                self._predict(predictor, [self._ready.popleft() for _ in range(count)])

    def _dispatch_alone(self, ready: list[_Predictor]) -> None:
        """Give one idle predictor a suspect or a probe; another one keeps the rest going."""
        if not (self._suspects or self._doomed) or any(p.is_exclusive for p in ready):
            return
        idle = [predictor for predictor in ready if not predictor.calls]
        if not idle:
            # One predictor takes no more from now on, so that it falls idle.
            ready[:] = ready[1:]
            return
        if self._doomed:
            predictor = idle[0]
            predictor.clock = time.monotonic()
            predictor.calls[predictor.actor.probe.remote()] = _Call([], [])
            return
        item = self._suspects[0]
        # Rather on another predictor than where it crashed before.
        idle.sort(key=lambda predictor: item.file.photo_id in predictor.failed_photos)
        if self._has_room(1):
            self._predict(idle[0], [self._suspects.popleft()])

    def _has_room(self, scenes: int) -> bool:
        predicting = sum(len(c.items) for p in self._predictors for c in p.calls.values())
        return predicting + len(self._encoding) + scenes <= self._scenes_at_once

    def _predict(self, predictor: _Predictor, items: list[_Item]) -> None:
        status, *scenes = predictor.actor.predict.options(num_returns=1 + len(items)).remote(
            [item.photo for item in items], *(item.pixels for item in items)
        )
        if not predictor.calls:
            predictor.clock = time.monotonic()
        predictor.calls[status] = _Call(items, scenes)

    # What comes back

    def _finished(self, ref: Ref) -> Iterator[Outcome]:
        if ref in self._decoding:
            yield from self._decoded(ref, self._decoding.pop(ref))
        elif ref in self._encoding:
            yield from self._encoded(ref, self._encoding.pop(ref))
        for predictor in self._predictors:
            if ref in predictor.calls:
                yield from self._predicted(ref, predictor)
                return
            if ref == predictor.started and not predictor.is_ready:
                self._started(predictor)
                return

    def _decoded(self, ref: Ref, item: _Item) -> Iterator[Outcome]:
        try:
            result = ray.get(ref)
        except RayError as error:
            yield from self._task_lost(item, "decode", self._flow.decode.limit_s, error)
            return
        if isinstance(result, DecodedPhoto):
            item.photo = result
            (self._suspects if item.is_suspect else self._ready).append(item)
        else:
            yield from self._settled(item, result)

    def _encoded(self, ref: Ref, item: _Item) -> Iterator[Outcome]:
        try:
            result = ray.get(ref)
        except RayError as error:
            yield from self._task_lost(item, "encode", self._flow.encode.limit_s, error)
            return
        yield from self._settled(item, result)

    def _predicted(self, ref: Ref, predictor: _Predictor) -> Iterator[Outcome]:
        call = predictor.calls[ref]
        try:
            results = ray.get(ref)
        except RayTaskError as error:  # a lost input, or a fault of ours: again from the start
            del predictor.calls[ref]
            for item in call.items:
                if _is_lost_input(error):
                    yield from self._moved(item, "predict")
                else:
                    yield from self._crashed(item, "predict", FailureReason.MODEL_ERROR, str(error))
            return
        except RayError as error:
            is_memory = isinstance(error, OutOfMemoryError)
            reason = FailureReason.OUT_OF_MEMORY if is_memory else FailureReason.WORKER_LOST
            yield from self._predictor_lost(predictor, reason, error)
            return
        del predictor.calls[ref]
        predictor.clock = time.monotonic()
        if not call.items:  # it has survived the probe
            for _, failed in self._doomed:
                yield failed
            self._doomed.clear()
            return
        for item, scene, result in zip(call.items, call.scenes, results, strict=True):
            if isinstance(result, Failed):
                yield from self._settled(item, result)
            else:
                item.pixels = None
                item.began = time.monotonic()
                done = encode_task.remote(self._encode_stage, item.photo, scene, result)
                self._encoding[done] = item

    def _settled(self, item: _Item, outcome: Outcome) -> Iterator[Outcome]:
        """Yield what a stage said of a photo; what took too long is tried again."""
        if isinstance(outcome, Failed) and outcome.reason is FailureReason.TIMEOUT:
            yield from self._crashed(item, outcome.stage, outcome.reason, outcome.message)
        else:
            yield outcome

    def _late(self) -> Iterator[Outcome]:
        """Kill predictors that have been at one batch for too long."""
        now = time.monotonic()
        for predictor in list(self._predictors):
            if not (predictor.is_ready and predictor.calls):
                continue
            first = next(iter(predictor.calls.values()))
            limit = self._flow.predict.limit_s * max(1, len(first.items))
            if now - predictor.clock > limit:
                yield from self._predictor_lost(predictor, FailureReason.TIMEOUT, None)

    # Whose fault it was

    def _task_lost(
        self, item: _Item, stage: str, limit_s: float, error: RayError
    ) -> Iterator[Outcome]:
        """Deal with a decode or encode task that did not come back.

        Raises RunError where the stage said that no photo is at fault.
        """
        if isinstance(error, RayTaskError) and isinstance(error.cause, RunError):
            raise error.cause
        if isinstance(error, NodeDiedError) or _is_lost_input(error):
            yield from self._moved(item, stage)
        elif isinstance(error, OutOfMemoryError):
            yield from self._crashed(item, stage, FailureReason.OUT_OF_MEMORY, _first_line(error))
        elif time.monotonic() - item.began > limit_s + GRACE_SECONDS:  # it did not hear its limit
            message = f"not finished after {limit_s:g} s"
            yield from self._crashed(item, stage, FailureReason.TIMEOUT, message)
        else:
            yield from self._crashed(item, stage, FailureReason.WORKER_LOST, "the worker died")

    def _predictor_lost(
        self, predictor: _Predictor, reason: FailureReason, error: RayError | None
    ) -> Iterator[Outcome]:
        """Replace a predictor that died or is to die; its photos go again, each alone.

        Raises RunError if it could not even predict a photo that nothing is wrong with.
        """
        calls = list(predictor.calls.values())
        node_is_dead = predictor.node not in _alive_nodes()
        items = [item for call in calls for item in call.items]
        if not node_is_dead and any(not call.items for call in calls):
            raise RunError(
                f"the predictor dies at every photo: {_first_line(error) or reason}",
                "See 'sharp-batch doctor'. The photos stay due.",
            )
        is_alone = len(items) == 1
        replacement = self._replace(predictor)
        for item in items:
            if node_is_dead:
                yield from self._moved(item, "predict")
            elif is_alone:
                replacement.failed_photos.add(item.file.photo_id)
                words = {
                    FailureReason.TIMEOUT: f"not finished after {self._flow.predict.limit_s:g} s",
                    FailureReason.OUT_OF_MEMORY: "the predictor ran out of memory",
                }
                message = words.get(reason, "the predictor died")
                yield from self._crashed(item, "predict", reason, message)
            else:
                item.was_in_crash = True
                self._suspects.append(item)

    def _moved(self, item: _Item, stage: str) -> Iterator[Outcome]:
        """Send a photo through once more, whose node was lost."""
        item.moves += 1
        if item.moves > MOST_MOVES:
            yield lost_nodes(item.file, stage, item.moves, self._fingerprint(stage))
        else:
            self._start_decode(item)

    def _crashed(
        self, item: _Item, stage: str, reason: FailureReason, message: str
    ) -> Iterator[Outcome]:
        """Count a crash, or a time-out, against a photo that was alone; try again or give it up."""
        item.crashes += 1
        failed = given_up(item.file, stage, reason, message, item.crashes, self._fingerprint(stage))
        if not is_last_crash(item.crashes):
            yield failed
            self._start_decode(item)
        elif stage == "predict":
            self._doomed.append((item, failed))
        else:
            yield failed

    def _fingerprint(self, stage: str) -> str | None:
        return None if stage == "decode" else self._flow.encode.model.fingerprint

    # Predictors

    def _spawn(self) -> _Predictor:
        resources = self._resources
        a_node = -(-resources.predictors // resources.nodes)
        actor = spawn_predictor(self._flow, resources.gpus_per_predictor, a_node)
        return _Predictor(actor, actor.start.remote())

    def _replace(self, predictor: _Predictor) -> _Predictor:
        ray.kill(predictor.actor)
        new = self._spawn()
        new.failed_photos = predictor.failed_photos
        self._predictors[self._predictors.index(predictor)] = new
        return new

    def _started(self, predictor: _Predictor) -> None:
        try:
            predictor.node = ray.get(predictor.started)
        except RayTaskError as error:
            if isinstance(error.cause, SharpBatchError):
                raise error.cause from None
            raise RunError(f"the model could not be loaded: {error.cause}") from error
        except RayError as error:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise RunError(
                    f"the predictor died {_STARTS} times while it loaded its model: "
                    f"{_first_line(error)}",
                    "See 'sharp-batch doctor'; with too little memory, try --inline.",
                ) from error
            self._replace(predictor)
            return
        self._failed_starts = 0


def _is_lost_input(error: RayError) -> bool:
    cause = error.cause if isinstance(error, RayTaskError) else error
    return isinstance(cause, ObjectLostError | NodeDiedError)


def _alive_nodes() -> set[str]:
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}


def _resources_text() -> str:
    free = ray.available_resources()
    return f"{free.get('CPU', 0):g} CPUs and {free.get('GPU', 0):g} GPUs"


def _first_line(error: RayError | None) -> str:
    return "" if error is None else str(error).strip().partition("\n")[0]
