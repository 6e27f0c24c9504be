"""A flow in this process, one batch after the other: for small jobs, and to see what happens."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.flow import Flow
from pipeline.stages import Pixels
from pipeline.stop import Stop
from schemas.records import DecodedPhoto, Failed, Outcome, PhotoFile


def run(flow: Flow, photos: Iterator[PhotoFile], stop: Stop) -> Iterator[Outcome]:
    """Carry `photos` through `flow`. Raises what loading the model raises."""
    batch: list[tuple[DecodedPhoto, Pixels]] = []
    for file in photos:
        if stop.is_asked:
            return
        decoded = flow.decode.process(file)
        if not isinstance(decoded, tuple):
            yield decoded
            continue
        batch.append(decoded)
        if len(batch) == flow.batch_size:
            yield from _finish(flow, batch)
            batch = []
    if batch and not stop.is_asked:
        yield from _finish(flow, batch)


def _finish(flow: Flow, batch: list[tuple[DecodedPhoto, Pixels]]) -> Iterator[Outcome]:
    flow.predict.setup()
    for (photo, _), result in zip(batch, flow.predict.process(batch), strict=True):
        if isinstance(result, Failed):
            yield result
        else:
            yield flow.encode.process(photo, *result)
