"""One run's flow on a Ray cluster that is up.

The driver keeps a window of its own over decode tasks, predictor actors and encode tasks, and
waits on small results only: pixels and Gaussians go from worker to worker through the object store
(`ray_room` says when another photo fits), and never through the driver.
Whose fault a crash is, `ray_blame` says.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

import ray
from ray.exceptions import RayError, RayTaskError

from pipeline.cluster.fault_attribution import (
    Loss,
    LossKind,
    NextStep,
    attribute,
    first_line,
    known_loss,
    live_loss,
    task_loss,
    timeout_loss,
)
from pipeline.cluster.local import check_ray_lives
from pipeline.cluster.object_store_budget import ObjectStoreBudget
from pipeline.cluster.predictors import Predictor, Predictors, Resources
from pipeline.cluster.tasks import PhotoTask, Ref
from pipeline.cluster.workers import CALLS_PER_PREDICTOR, decode_task, encode_task
from pipeline.flow.flow import Flow
from pipeline.work.monitor import RunMonitor, StageCounts
from pipeline.work.stop import Stop
from pipeline.work.time_limit import GRACE_SECONDS
from schemas.errors import DeviceError, FailureReason, RunError, UsageError
from schemas.records import DecodedPhoto, Failed, Outcome, PhotoFile

_WAIT_SECONDS = 0.2  # how often the driver looks up, for Ctrl-C and for new photos
_LOOK_SECONDS = 5.0  # between looks at what the cluster has
_PATIENCE_SECONDS = 60.0  # in which nothing goes on, before something is said


class FlowOnRay:
    """One run's state: every photo in it is in exactly one of the collections below."""

    def __init__(
        self,
        flow: Flow,
        photos: Iterator[PhotoFile],
        stop: Stop,
        monitor: RunMonitor,
        look: Callable[[], Resources],
    ) -> None:
        self._flow = flow
        self._photos = photos
        self._stop = stop
        self._monitor = monitor
        self._look = look
        self._looked = time.monotonic()
        self._resources = resources = look()
        self._batch_size = flow.batch_size_on(gpu=resources.gpus_per_predictor > 0)
        # Each stage goes into the object store once, not into every call.
        self._decode_stage = ray.put(flow.decode)
        self._encode_stage = ray.put(flow.encode)
        self._decoding: dict[Ref, PhotoTask] = {}
        self._ready: deque[PhotoTask] = deque()
        self._suspects: deque[PhotoTask] = deque()  # decoded, each to be predicted alone
        self._starved: deque[PhotoTask] = (
            deque()
        )  # of memory, each to go when all others are through
        self._doomed: list[Failed] = []  # given up, if a predictor survives a probe
        self._predictors = Predictors(flow, resources)
        self._encoding: dict[Ref, PhotoTask] = {}
        self._was_starved = False  # any photo, so far
        self._is_fed = False  # the photos have come to their end
        self._has_begun = False  # to give outcomes
        self._budget = ObjectStoreBudget(resources.object_store_bytes, flow.predict.scene_bytes)
        self._last_progress = time.monotonic()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes as they come.

        Raises RunError where no predictor can be started, and where Ray itself has died.
        """
        try:
            while True:
                self._look_again()
                self._feed()
                self._feed_starved()
                self._dispatch()
                self._report()
                waiting = self._waiting()
                if not waiting:
                    return
                # Results are fetched by those who need them: fetch_local would bring the
                # arrays that belong to them to the driver.
                finished, _ = ray.wait(waiting, timeout=_WAIT_SECONDS, fetch_local=False)
                check_ray_lives()  # else photos would be blamed for what Ray's own end brings about
                if finished:  # and all others that have: each look at hundreds costs time
                    finished, _ = ray.wait(
                        waiting, num_returns=len(waiting), timeout=0, fetch_local=False
                    )
                for ref in finished:
                    self._last_progress = time.monotonic()
                    for outcome in self._finished(ref):
                        self._has_begun = True
                        yield outcome
                yield from self._late()
        finally:
            self._predictors.kill()

    def _waiting(self) -> list[Ref]:
        """Return what can come back; nothing once every photo has had its outcome."""
        if not (self._is_busy() or self._starved):
            return []
        return [*self._decoding, *self._encoding, *self._predictors.refs()]

    def _is_busy(self) -> bool:
        """Tell whether any photo is on its way."""
        to_do = self._ready or self._suspects or self._doomed
        return bool(to_do or self._decoding or self._encoding or self._predictors.items)

    def _report(self) -> None:
        ready = self._predictors.ready
        busy = sum(bool(p.calls) for p in ready)
        held_up_by = None
        if ready:
            if busy == len(ready):
                held_up_by = "predict"
            else:
                held_up_by = "encode" if len(self._encoding) > len(self._decoding) else "decode"
        counts = StageCounts(
            len(self._decoding),
            len(self._ready) + len(self._suspects),
            len(self._predictors.items),
            len(self._encoding),
            len(ready),
            busy,
        )
        self._monitor.update(counts, held_up_by)
        if busy:
            self._last_progress = time.monotonic()
        elif time.monotonic() - self._last_progress > _PATIENCE_SECONDS:
            self._last_progress = time.monotonic()
            what = "Nothing has come back" if ready else "No predictor has started"
            self._monitor.notice(
                f"{what} for {_PATIENCE_SECONDS:g} s; the cluster has {_resources_text()} free."
            )

    def _look_again(self) -> None:
        """Count on what has joined the cluster, and no longer on what has left it."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            found = self._look()
        except UsageError:
            return  # less than was asked for: what is lost may come back
        if found.gpus_per_predictor == self._resources.gpus_per_predictor:
            self._resources = found
            self._budget.resize(found.object_store_bytes)
            self._predictors.fit(found)

    # Feeding and dispatching

    def _feed(self) -> None:
        if self._stop.is_asked:
            self._is_fed = True
            self._decoding.clear()
            self._ready.clear()
            self._suspects.clear()
            self._starved.clear()
        window = self._resources.cores + 2 * self._batch_size * self._resources.predictors
        # No long queue: scenes that are to be encoded would wait behind it. Until the first outcome
        # cores are left over, so that it need not wait while workers are started for others.
        cores = self._resources.cores
        at_once = cores + 2 if self._has_begun else max(1, cores - 2)
        while not self._is_fed and len(self._decoding) + len(self._ready) < window:
            if len(self._decoding) >= at_once or not self._fits_budget():
                return
            file = next(self._photos, None)
            if file is None or self._stop.is_asked:
                self._is_fed = True
                return
            self._predictors.start()
            self._start_decode(PhotoTask(file, crashes=file.crashes))

    def _feed_starved(self) -> None:
        """Send off one photo that has been starved of memory, if it has all of it now.

        For predictors that do not start, as those of a lost machine, it waits a while only.
        """
        ready = self._predictors.ready
        waited = time.monotonic() - self._last_progress > _PATIENCE_SECONDS
        are_up = len(ready) == len(list(self._predictors)) or (bool(ready) and waited)
        if self._starved and self._is_fed and are_up and not self._is_busy():
            self._start_decode(self._starved.popleft())

    def _fits_budget(self) -> bool:
        decoded = [*self._ready, *self._suspects, *self._predictors.items]
        return self._budget.fits_another(len(self._decoding), decoded, len(self._encoding))

    def _start_decode(self, item: PhotoTask) -> None:
        item.photo = item.pixels = None
        item.began = time.monotonic()
        header, item.pixels = decode_task.remote(self._decode_stage, item.file)
        self._decoding[header] = item

    def _dispatch(self) -> None:
        ready = self._predictors.ready
        self._dispatch_alone(ready)
        for predictor in ready:
            while self._ready and len(predictor.calls) < CALLS_PER_PREDICTOR:
                grows = len(self._ready) < self._batch_size and bool(self._decoding)
                if predictor.is_exclusive or (predictor.calls and grows):
                    break
                count = min(len(self._ready), self._batch_size)
                predictor.predict([self._ready.popleft() for _ in range(count)])

    def _dispatch_alone(self, ready: list[Predictor]) -> None:
        """Give one idle predictor a suspect or a probe; another one keeps the rest going."""
        if not (self._suspects or self._doomed) or any(p.is_exclusive for p in ready):
            return
        idle = [predictor for predictor in ready if not predictor.calls]
        if not idle:
            # One predictor takes no more from now on, so that it falls idle.
            ready[:] = ready[1:]
            return
        if not self._doomed:
            # Rather on another predictor than where it crashed before.
            photo_id = self._suspects[0].file.photo_id
            idle.sort(key=lambda predictor: photo_id in predictor.died_of)
        if not idle[0].is_alive():  # nobody is to be blamed for that
            ready.remove(idle[0])
            self._predictors.replace_dead(idle[0])
        elif self._doomed:
            idle[0].probe()
        else:
            idle[0].predict([self._suspects.popleft()])

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
                has_company = bool(self._decoding or self._encoding)
                self._predictors.see_started(predictor, has_company=has_company)
                return

    def _decoded(self, ref: Ref, item: PhotoTask) -> Iterator[Outcome]:
        try:
            result = ray.get(ref)
        except RayError as error:
            yield from self._task_lost(item, "decode", self._flow.decode.limit_s, error)
            return
        if isinstance(result, DecodedPhoto):
            item.photo = result
            self._budget.record_size(item)
            (self._suspects if item.is_suspect else self._ready).append(item)
        else:
            yield from self._settled(item, result)

    def _encoded(self, ref: Ref, item: PhotoTask) -> Iterator[Outcome]:
        try:
            result = ray.get(ref)
        except RayError as error:
            yield from self._task_lost(item, "encode", self._flow.encode.limit_s, error)
            return
        yield from self._settled(item, result)

    def _predicted(self, ref: Ref, predictor: Predictor) -> Iterator[Outcome]:
        try:
            results = ray.get(ref)
        except RayTaskError as error:  # its process lives
            if isinstance(error.cause, DeviceError):
                yield from self._predictor_lost(predictor, error)
                return
            loss = live_loss("predict", error)
            for item in predictor.finish(ref).items:
                yield from self._lost(item, loss)
            return
        except RayError as error:
            yield from self._predictor_lost(predictor, error)
            return
        call = predictor.finish(ref)
        self._predictors.see_work()
        if not call.items:  # it has survived the probe
            yield from self._doomed
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

    def _settled(self, item: PhotoTask, outcome: Outcome) -> Iterator[Outcome]:
        """Yield what a stage said of a photo; what took too long is tried again."""
        if isinstance(outcome, Failed) and outcome.reason is FailureReason.TIMEOUT:
            loss = Loss(LossKind.ALONE, outcome.stage, outcome.reason, outcome.message)
            yield from self._lost(item, loss)
        else:
            yield outcome

    def _late(self) -> Iterator[Outcome]:
        """Kill predictors that have been at one batch for too long."""
        for predictor in list(self._predictors):
            if predictor.is_late(self._flow.predict.limit_s) and not predictor.has_answered():
                yield from self._predictor_lost(predictor, None)

    # What does not come back

    def _task_lost(
        self, item: PhotoTask, stage: str, limit_s: float, error: RayError
    ) -> Iterator[Outcome]:
        # Waiting for a worker counts too, but few tasks wait, and not for long.
        is_late = time.monotonic() - item.began > limit_s + GRACE_SECONDS
        yield from self._lost(item, task_loss(stage, limit_s, error, is_late=is_late))

    def _lost(self, item: PhotoTask, loss: Loss) -> Iterator[Outcome]:
        """Send a photo whose work was lost to where it goes now."""
        where, record = attribute(item, loss, self._flow.encode.model.fingerprint)
        if record is not None:
            if where is NextStep.PROBED:
                self._doomed.append(record)
            else:
                yield record
        match where:
            case NextStep.AGAIN:
                self._start_decode(item)
            case NextStep.SUSPECT:
                self._suspects.append(item)
            case NextStep.AT_END:
                self._say_starved()
                item.photo = item.pixels = None
                self._starved.append(item)

    def _predictor_lost(self, predictor: Predictor, error: RayError | None) -> Iterator[Outcome]:
        """Replace a predictor that died, or is to die; without an error, for it took too long.

        Raises RunError if it could not even predict a photo that nothing is wrong with.
        """
        items = predictor.items
        has_company = bool(
            len(self._predictors.items) > len(items) or self._decoding or self._encoding
        )
        loss = self._predictor_loss(predictor, error)
        is_outside = loss.kind is LossKind.NODE or (loss.kind is LossKind.MEMORY and has_company)
        if not (items or is_outside):  # it was being probed
            said = first_line(error) if error else loss.message
            raise RunError(
                f"the predictor fails at every photo: {said}",
                "See 'sharp-batch doctor'. The photos stay due.",
            )
        replacement = self._predictors.replace(predictor)
        if loss.kind is LossKind.ALONE:
            replacement.died_of.update(item.file.photo_id for item in items)
        for item in items:
            yield from self._lost(item, loss)

    def _predictor_loss(self, predictor: Predictor, error: RayError | None) -> Loss:
        if not predictor.is_node_alive():
            return Loss(LossKind.NODE, "predict")
        kind = LossKind.ALONE if len(predictor.items) <= 1 else LossKind.IN_COMPANY
        if error is None:
            return timeout_loss(kind, "predict", self._flow.predict.limit_s)
        if isinstance(error, RayTaskError):  # only with the one cause
            return Loss(kind, "predict", message=str(error.cause))
        return known_loss("predict", error) or Loss(kind, "predict", message="the predictor died")

    def _say_starved(self) -> None:
        if not self._was_starved:
            self._was_starved = True
            self._monitor.notice(
                "Memory ran low, and Ray ended some of the work. The photos that were hit go again "
                "at the end, one by one."
            )


def _resources_text() -> str:
    free = ray.available_resources()
    return f"{free.get('CPU', 0):g} CPUs and {free.get('GPU', 0):g} GPUs"
