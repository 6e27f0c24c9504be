"""One stage over many stored scenes: what previews and exports run on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipeline.stop import Stop
from schemas.records import Failed, KnownScene, Made


class EachStage(Protocol):
    """Makes something of one stored scene; `cores` is what one of its workers uses."""

    @property
    def name(self) -> str:
        """What failures of this stage are recorded under."""
        ...

    @property
    def cores(self) -> int:
        """How many cores a worker uses."""
        ...

    def process(self, scene: KnownScene) -> Made | Failed:
        """Return what was made, or why not. Raises RunError where no scene is at fault."""
        ...


class EachRunner(Protocol):
    """Carries scenes through a stage."""

    def each(
        self, stage: EachStage, scenes: Sequence[KnownScene], stop: Stop
    ) -> Iterator[Made | Failed]:
        """Yield outcomes as they come, in any order."""
        ...


class InlineRunner:
    """Carries scenes through a stage in this process, one after the other."""

    def each(
        self, stage: EachStage, scenes: Sequence[KnownScene], stop: Stop
    ) -> Iterator[Made | Failed]:
        """Yield outcomes in order."""
        for scene in scenes:
            if stop.is_asked:
                return
            yield stage.process(scene)
