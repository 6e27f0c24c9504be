"""A flow in this process, one batch after the other: for small jobs, and to see what happens."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.flow.decode_stage import Pixels
from pipeline.flow.flow import Flow
from pipeline.flow.model import resolve_device
from pipeline.work.crash_limit import given_up, is_last_crash
from pipeline.work.monitor import RunMonitor, StageCounts
from pipeline.work.stop import Stop
from schemas.errors import DeviceError, FailureReason
from schemas.records import DecodedPhoto, Failed, Outcome, PhotoFile, UnderWay
from schemas.settings import Device

Batch = list[tuple[DecodedPhoto, Pixels]]


def run_inline(
    flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
) -> Iterator[Outcome]:
    """Carry `photos` through `flow`. Raises what loading the model raises."""
    on_gpu = resolve_device(flow.encode.model.settings.device) == Device.CUDA
    batch_size = flow.batch_size_on(gpu=on_gpu)
    batch: Batch = []
    for file in photos:
        if stop.is_asked:
            return
        if batch and file.crashes:  # a process died of it: it goes alone
            yield from _finish(flow, batch, monitor)
            batch = []
        if is_last_crash(file.crashes):
            message = "the process died while it was at this photo"
            yield _crashed(flow, file, message, file.crashes)
            continue
        yield UnderWay((*(photo.file for photo, _ in batch), file))
        monitor.update(StageCounts(decoding=1, waiting=len(batch)), "decode")
        decoded = flow.decode.process(file)
        if not isinstance(decoded, tuple):
            yield _settled(decoded)
            continue
        batch.append(decoded)
        if len(batch) == batch_size or file.crashes:
            yield from _finish(flow, batch, monitor)
            batch = []
    if batch and not stop.is_asked:
        yield from _finish(flow, batch, monitor)


def _finish(flow: Flow, batch: Batch, monitor: RunMonitor) -> Iterator[Outcome]:
    flow.predict.setup()
    monitor.update(StageCounts(predicting=len(batch), predictors=1, busy=1), "predict")
    try:
        results = flow.predict.process(batch)
    except DeviceError as error:  # the next run tries each alone
        for photo, _ in batch:
            yield _crashed(flow, photo.file, error.message, photo.file.crashes + 1)
        raise
    for (photo, _), result in zip(batch, results, strict=True):
        monitor.update(StageCounts(encoding=1, predictors=1), "encode")
        if isinstance(result, Failed):
            yield _settled(result)
        else:
            yield _settled(flow.encode.process(photo, *result))


def _crashed(flow: Flow, file: PhotoFile, message: str, crashes: int) -> Failed:
    fingerprint = flow.encode.model.fingerprint
    return given_up(file, "predict", FailureReason.WORKER_LOST, message, crashes, fingerprint)


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
