"""The stages of one run, and what a runner of them takes and gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.stages import DecodeStage, EncodeStage, PredictStage
from pipeline.stop import Stop
from pipeline.watch import Watch
from schemas.records import Outcome, PhotoFile


@dataclass(frozen=True, slots=True)
class Flow:
    """The way of every photo of a run."""

    decode: DecodeStage
    predict: PredictStage
    encode: EncodeStage
    batch_size: int = 1
    library: Path | None = None  # where all stages write, for those that work elsewhere


class Runner(Protocol):
    """Carries photos through a flow.

    Each photo that is not dropped gives one last outcome. Before it may come failures that are
    not final, and `UnderWay`.
    """

    def __call__(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, watch: Watch
    ) -> Iterator[Outcome]:
        """Yield outcomes as they come, in any order; those of one photo in their order."""
        ...
