"""The stages of one run, and the interface of a runner that carries photos through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.flow.decode_stage import DecodeStage
from pipeline.flow.encode_stage import EncodeStage
from pipeline.flow.predict_stage import PredictStage
from pipeline.store.root import LibraryRoot
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.outcomes import Outcome, Waiting
from schemas.records import PhotoFile


@dataclass(frozen=True, slots=True)
class Flow:
    """The stages that every photo of a run passes."""

    decode: DecodeStage
    predict: PredictStage
    encode: EncodeStage
    batch_size: int | None = None  # photos predicted together; None: what suits the device
    library: LibraryRoot | None = None  # where all stages write; checked on other machines

    def batch_size_on(self, *, gpu: bool) -> int:
        """Return how many photos are predicted together on a GPU, or elsewhere."""
        return self.batch_size or self.encode.model.usual_batch_size(on_gpu=gpu)


class Runner(Protocol):
    """Carries photos through a flow.

    Each photo that is not dropped gives one last outcome. Before it may come failures that are
    not final, and `UnderWay`. `Waiting` comes before the runner waits for more.
    """

    def __call__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome | Waiting]:
        """Yield outcomes as they come, in any order; those of one photo in their order."""
        ...
