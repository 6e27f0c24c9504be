"""A flow in this process, one batch after the other: for small jobs, and to see what happens."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.flow import Flow
from pipeline.flow.health_check import check_predictor
from pipeline.flow.model import resolve_device
from pipeline.work.crash_limit import given_up, is_last_crash
from pipeline.work.monitor import RunMonitor, StageCounts
from pipeline.work.stop import Stop
from schemas.choices import Device
from schemas.errors import DeviceError
from schemas.outcomes import Failed, Outcome, Stage, UnderWay
from schemas.reasons import FailureReason
from schemas.records import DecodedPhoto, PhotoFile

Batch = list[tuple[DecodedPhoto, Pixels]]


def run_inline(
    flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
) -> Iterator[Outcome]:
    """Carry `photos` through `flow`.

    `UnderWay` follows each outcome of a photo: should the process die now, it is not of that one.
    Raises what loading the model raises, and RunError where the model fails on a known-good
    test photo.
    """
    return _InlineRun(flow, stop, monitor).outcomes(photos)


class _InlineRun:
    """One run. A photo that has crashed a process before goes alone, with a predictor that works.

    A crash counts once without more evidence. Before it can count again, the predictor must have
    predicted another photo, or a health check: a GPU that fails at every photo gives none up.
    """

    def __init__(self, flow: Flow, stop: Stop, monitor: RunMonitor) -> None:
        self._flow = flow
        self._stop = stop
        self._monitor = monitor
        self._has_predicted = False

    def outcomes(self, photos: Iterator[PhotoFile]) -> Iterator[Outcome]:
        flow = self._flow
        on_gpu = resolve_device(flow.encode.model.settings.device) == Device.CUDA
        batch_size = flow.batch_size_on(gpu=on_gpu)
        batch: Batch = []
        for file in photos:
            if self._stop.is_asked:
                return
            if batch and file.crashes:
                yield from self._finish(batch)
            if is_last_crash(file.crashes):
                message = "the process died while it was at this photo"
                yield self._crashed(file, message, file.crashes)
                yield _under_way(batch)
                continue
            if file.crashes:
                self._check_predictor()
            yield _under_way(batch, file)
            self._monitor.update(StageCounts(decoding=1, waiting=len(batch)), Stage.DECODE)
            decoded = flow.decode.process(file)
            if not isinstance(decoded, tuple):
                yield _settled(decoded)
                yield _under_way(batch)
                continue
            batch.append(decoded)
            del decoded  # `_finish` lets the pixels go
            if len(batch) == batch_size or file.crashes:
                yield from self._finish(batch)
        if batch and not self._stop.is_asked:
            yield from self._finish(batch)

    def _check_predictor(self) -> None:
        """Raise RunError if the predictor cannot even predict a known-good test photo.

        In a process that dies of that, no photo is under way.
        """
        if not self._has_predicted:
            self._flow.predict.setup()
            check_predictor(self._flow.predict)
            self._has_predicted = True

    def _finish(self, batch: Batch) -> Iterator[Outcome]:
        """Predict a batch and encode its scenes. Empties the batch: encoding needs no pixels."""
        flow, monitor = self._flow, self._monitor
        flow.predict.setup()
        monitor.update(StageCounts(predicting=len(batch), predictors=1, busy=1), Stage.PREDICT)
        try:
            results = flow.predict.process(batch)
        except DeviceError as error:  # the next run tries each alone
            for photo, _ in batch:
                yield self._crashed(photo.file, error.message, photo.file.crashes + 1)
            raise
        photos = [photo for photo, _ in batch]
        batch.clear()
        for done, (photo, result) in enumerate(zip(photos, results, strict=True), 1):
            monitor.update(StageCounts(encoding=1, predictors=1), Stage.ENCODE)
            if isinstance(result, Failed):
                yield _settled(result)
            else:
                self._has_predicted = True
                yield _settled(flow.encode.process(photo, *result))
            yield UnderWay(tuple(photo.file for photo in photos[done:]))

    def _crashed(self, file: PhotoFile, message: str, crashes: int) -> Failed:
        fingerprint = self._flow.encode.model.fingerprint
        return given_up(
            file, Stage.PREDICT, FailureReason.WORKER_LOST, message, crashes, fingerprint
        )


def _under_way(batch: Batch, *files: PhotoFile) -> UnderWay:
    return UnderWay((*(photo.file for photo, _ in batch), *files))


def _settled(outcome: Outcome) -> Outcome:
    """Leave what took too long to a later run, some times."""
    if not (isinstance(outcome, Failed) and outcome.reason is FailureReason.TIMEOUT):
        return outcome
    return given_up(
        outcome.file,
        outcome.stage,
        outcome.reason,
        outcome.message,
        outcome.file.crashes + 1,
        outcome.model_fingerprint,
    )
