"""One run's photos on a Ray cluster that is up.

The driver keeps its own window over decode tasks, predictor actors and encode tasks, and waits for
small results only: pixels and Gaussians go from worker to worker through the object store, never
through the driver. Every photo of the run is in exactly one place: `Admission` before it begins,
`RunningTasks` while it is decoded or encoded, `PredictQueue` before a predictor, or at a predictor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from pipeline.cluster.admission import Admission, InFlight
from pipeline.cluster.fault_attribution import (
    FaultRules,
    Loss,
    LossKind,
    NextStep,
    attribute,
    first_line,
    live_loss,
)
from pipeline.cluster.predict_queue import PredictQueue
from pipeline.cluster.predictor import PredictorActor
from pipeline.cluster.predictors import Predictors
from pipeline.cluster.resources import ClusterResources
from pipeline.cluster.run_reports import RunReports
from pipeline.cluster.running_tasks import RunningTasks, wait_for
from pipeline.cluster.task_marks import TaskMarks
from pipeline.cluster.tasks import PhotoTask, Ref
from pipeline.cluster.workers import decode_task, encode_task
from pipeline.flow.flow import Flow
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import DeviceError
from schemas.outcomes import Failed, Outcome, Stage, Waiting
from schemas.reasons import FailureReason
from schemas.records import DecodedPhoto, PhotoFile


class FlowOnRay:
    """Carries the photos of one run through its stages."""

    def __init__(
        self,
        flow: Flow,
        photos: Iterator[PhotoFile],
        stop: Stop,
        monitor: RunMonitor,
        resources: ClusterResources,
    ) -> None:
        found = resources.current
        batch_size = flow.batch_size_on(gpu=found.gpus_per_predictor > 0)
        self._flow = flow
        self._stop = stop
        self._resources = resources
        self._rules = FaultRules(flow.encode.model.fingerprint)
        self._marks = TaskMarks()
        # Each stage goes into the object store once, not into every call.
        self._decode_stage = ray.put(flow.decode)
        self._encode_stage = ray.put(flow.encode)
        self._admission = Admission(photos, stop, found, batch_size, flow.predict.scene_bytes)
        self._decoding = RunningTasks[PhotoTask](Stage.DECODE, flow.decode.limit_s)
        self._queue = PredictQueue(batch_size)
        self._predictors = Predictors(flow, found)
        self._encoding = RunningTasks[PhotoTask](Stage.ENCODE, flow.encode.limit_s)
        self._reports = RunReports(monitor)
        self._has_begun = False  # to give outcomes

    def outcomes(self) -> Iterator[Outcome | Waiting]:
        """Yield outcomes as they come, and `Waiting` when nothing more has come back.

        Raises RunError where no predictor can be started, and where Ray itself has died.
        """
        try:
            while True:
                self._refresh_resources()
                self._feed()
                self._queue.dispatch(self._predictors, more_to_come=bool(self._decoding))
                self._reports.update(self._decoding, self._queue, self._predictors, self._encoding)
                if not (self._is_busy() or self._admission.has_starved):
                    return
                yield Waiting()
                refs = [*self._decoding, *self._encoding, *self._predictors.refs()]
                for ref in wait_for(refs):
                    self._reports.stall.note_progress()
                    for outcome in self._finish(ref):
                        self._has_begun = True
                        yield outcome
                yield from self._end_late_predictors()
                yield Waiting()  # the next photos may be long in reading
        finally:
            self._marks.close()
            self._predictors.kill()

    def _is_busy(self) -> bool:
        """Tell whether any photo is on its way."""
        is_queued = not self._queue.is_empty
        return bool(is_queued or self._decoding or self._encoding or self._predictors.tasks)

    def _refresh_resources(self) -> None:
        found = self._resources.refresh()
        if found is not None:
            self._admission.fit(found)
            self._predictors.fit(found)

    def _feed(self) -> None:
        """Begin as many photos as may begin; at a stop, drop those that are not predicted yet."""
        if self._stop.is_asked:
            self._drop_what_waits()
        while task := self._admission.next_photo(self._in_flight(), has_begun=self._has_begun):
            self._predictors.start()
            self._start_decode(task)
        # A starved photo has the cluster to itself. It waits for predictors that start, but for
        # those that never do, as on a lost machine, only a while.
        ready = len(self._predictors.ready)
        are_up = ready == len(self._predictors) or (ready and self._reports.stall.is_stalled())
        if are_up and not self._is_busy() and (task := self._admission.next_starved()):
            self._start_decode(task)

    def _drop_what_waits(self) -> None:
        if self._resources.head.is_reachable():
            self._marks.set_stop()
        self._admission.close()
        self._decoding.clear()
        self._queue.clear()

    def _in_flight(self) -> InFlight:
        predicting = self._predictors.tasks
        return InFlight(
            decoding=len(self._decoding),
            ready=self._queue.ready,
            decoded=len(self._queue) + len(predicting),
            decoded_bytes=self._queue.pixel_bytes + sum(task.input_bytes for task in predicting),
            encoding=len(self._encoding),
        )

    def _start_decode(self, task: PhotoTask) -> None:
        task.forget_pixels()
        header, task.pixels = decode_task.remote(self._decode_stage, task.file, self._marks.run_id)
        self._decoding.add(header, task)

    # What comes back

    def _finish(self, ref: Ref) -> Iterator[Outcome]:
        if ref in self._decoding:
            yield from self._decoded(*self._decoding.finish(ref))
        elif ref in self._encoding:
            yield from self._settle(*self._encoding.finish(ref))
        for predictor in self._predictors:
            if ref in predictor.calls:
                yield from self._predicted(ref, predictor)
                return
            if ref == predictor.started and not predictor.is_ready:
                has_company = bool(self._decoding or self._encoding)
                self._predictors.finish_start(predictor, has_company=has_company)
                return

    def _decoded(self, task: PhotoTask, result: Any | Loss) -> Iterator[Outcome]:  # noqa: ANN401
        if isinstance(result, DecodedPhoto):
            task.photo = result
            self._admission.budget.record_size(task.input_bytes)
            self._queue.add(task)
        else:
            yield from self._settle(task, result)

    def _predicted(self, ref: Ref, predictor: PredictorActor) -> Iterator[Outcome]:
        try:
            results = ray.get(ref)
        except RayTaskError as error:  # its process lives
            if isinstance(error.cause, DeviceError):
                yield from self._predictor_lost(predictor, error)
                return
            loss = live_loss(Stage.PREDICT, error)
            for task in predictor.finish(ref).tasks:
                yield from self._lost(task, loss)
            return
        except RayError as error:
            yield from self._predictor_lost(predictor, error)
            return
        call = predictor.finish(ref)
        self._predictors.note_work()
        if call.is_health_check:
            yield from self._queue.confirm()
            return
        for task, scene, result in zip(call.tasks, call.scenes, results, strict=True):
            if isinstance(result, Failed):
                yield from self._settle(task, result)
            else:
                self._start_encode(task, scene, result)

    def _start_encode(self, task: PhotoTask, scene: Ref, seconds: float) -> None:
        task.pixels = None
        arguments = (self._encode_stage, task.photo, scene, seconds, self._marks.run_id)
        self._encoding.add(encode_task.remote(*arguments), task)

    def _settle(self, task: PhotoTask, result: Outcome | Loss | None) -> Iterator[Outcome]:
        """Yield what became of a photo; what was lost or took too long is tried again.

        None is a photo whose worker has stopped with the run: it stays due.
        """
        if isinstance(result, Failed) and result.reason is FailureReason.TIMEOUT:
            result = Loss(LossKind.SOLE_TASK, result.stage, result.reason, result.message)
        if isinstance(result, Loss):
            yield from self._lost(task, result)
        elif result is not None:
            yield result

    # What does not come back

    def _end_late_predictors(self) -> Iterator[Outcome]:
        """Kill predictors that take too long for one batch."""
        for predictor in list(self._predictors):
            if predictor.is_late(self._flow.predict.limit_s):
                yield from self._predictor_lost(predictor, None)

    def _predictor_lost(
        self, predictor: PredictorActor, error: RayError | None
    ) -> Iterator[Outcome]:
        """Replace a predictor that died, or is to die; without an error, for it took too long.

        Raises RunError if it could not even predict a known-good test photo.
        """
        has_company = bool(self._decoding or self._encoding)
        loss = predictor.loss(error, self._flow.predict.limit_s)
        message = first_line(error) if error else loss.message
        lost = self._predictors.replace_lost(predictor, loss, message, has_company=has_company)
        for task in lost:
            yield from self._lost(task, loss)

    def _lost(self, task: PhotoTask, loss: Loss) -> Iterator[Outcome]:
        """Send a photo whose work was lost to where it goes now."""
        step, record = attribute(task, loss, self._rules)
        if record is not None:
            if step is NextStep.HEALTH_CHECK:
                self._queue.hold_for_health_check(record)
            else:
                yield record
        match step:
            case NextStep.AGAIN:
                self._start_decode(task)
            case NextStep.SUSPECT:
                self._queue.add(task)
            case NextStep.RETRY_LAST:
                self._reports.say_starved()
                self._admission.add_starved(task)
