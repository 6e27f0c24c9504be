"""A predictor that takes no time, for tests of everything around it; also an ingest with it.

As a program: python -m tests.support.trivial_model LIBRARY SOURCE... [--inline] [--seconds S] ...
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import torch

from jobs.console.output import Output
from jobs.runs.ingest import Ingest, IngestReport
from pipeline.catalog.photo_filters import EVERY_PHOTO, PhotoFilters
from pipeline.cluster.runner import ClusterSettings, RayRunner
from pipeline.flow.flow import Runner
from pipeline.flow.inline import run_inline
from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from pipeline.store.root import LibraryRoot, parse_root
from schemas.errors import SharpBatchError
from schemas.settings import IngestSettings, ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.gaussians import Gaussians

CELLS = 8
STUCK = "The next photo takes an hour."


class TrivialPredictor:
    """A flat grid of Gaussians, one metre away, in the photo's own colours."""

    name = "small"
    fingerprint = "trivial-1"
    device = torch.device("cpu")

    def __init__(
        self, seconds: float, deadly_width: int | None, stuck_after: int | None = None
    ) -> None:
        self._seconds = seconds
        self._deadly_width = deadly_width
        self._stuck_after = stuck_after
        self._begun = 0

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        if any(photo.pixels.shape[1] == self._deadly_width for photo in photos):
            os._exit(1)
        stuck = self._stuck_after is not None and self._begun >= self._stuck_after
        self._begun += len(photos)
        if stuck:
            sys.stderr.write(STUCK + "\n")
        time.sleep(3600 if stuck else self._seconds * len(photos))
        return [self._one(photo) for photo in photos]

    def _one(self, photo: PredictorInput) -> Gaussians:
        height, width = photo.pixels.shape[:2]
        ys = torch.linspace(0, height - 1, CELLS).long()
        xs = torch.linspace(0, width - 1, CELLS).long()
        y, x = torch.meshgrid(ys, xs, indexing="ij")
        colors = torch.tensor(photo.pixels[y.numpy(), x.numpy()] / 255.0, dtype=torch.float32)
        n = CELLS * CELLS
        z = torch.ones(CELLS, CELLS)
        means = torch.stack(
            [(x - width / 2) / photo.focal_px, (y - height / 2) / photo.focal_px, z]
        )
        return Gaussians(
            means=means.reshape(3, n).T.contiguous(),
            quats=torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(n, 1),
            scales=torch.full((n, 3), 0.01),
            opacities=torch.full((n,), 0.9),
            colors=colors.reshape(n, 3),
        )


@dataclass(frozen=True, slots=True)
class TrivialModel(ResolvedModel):
    """Stands where a run's model does."""

    seconds: float = 0.0
    deadly_width: int | None = None  # of photos at which the process dies
    stuck_after: int | None = None  # photos, after which the next one takes an hour

    def load(self) -> TrivialPredictor:
        return TrivialPredictor(self.seconds, self.deadly_width, self.stuck_after)


def trivial_model(
    seconds: float = 0.0, deadly_width: int | None = None, stuck_after: int | None = None
) -> TrivialModel:
    return TrivialModel(
        ModelSettings("small"),
        TrivialPredictor.fingerprint,
        seconds=seconds,
        deadly_width=deadly_width,
        stuck_after=stuck_after,
    )


def ingest(
    library: LibraryRoot,
    *sources: Path,
    settings: IngestSettings | None = None,
    inline: bool = True,
    seconds: float = 0.0,
    deadly_width: int | None = None,
    stuck_after: int | None = None,
    deadline: datetime | None = None,
    output: Output | None = None,
    catalog: str | None = None,
    filters: PhotoFilters = EVERY_PHOTO,
) -> IngestReport:
    def runner() -> contextlib.AbstractContextManager[Runner]:
        if inline:
            return contextlib.nullcontext(run_inline)
        return RayRunner(ClusterSettings(object_store_bytes=200_000_000))

    run = Ingest(
        Library.resolve(library, catalog),
        sources,
        settings or IngestSettings(),
        trivial_model(seconds, deadly_width, stuck_after),
        output or Output(quiet=True),
        deadline,
        filters=filters,
    )
    return run.run(runner)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=parse_root)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--inline", action="store_true")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--deadly-width", type=int)
    parser.add_argument("--stuck-after", type=int)
    parser.add_argument("--catalog")
    options = parser.parse_args()
    output = Output(as_json=True)
    try:
        report = ingest(
            options.library,
            *options.sources,
            inline=options.inline,
            seconds=options.seconds,
            deadly_width=options.deadly_width,
            stuck_after=options.stuck_after,
            output=output,
            catalog=options.catalog,
        )
    except SharpBatchError as error:
        output.error(error)
        sys.exit(int(error.exit_code))
    output.result(report.as_dict(), "")
    sys.exit(130 if report.is_interrupted else int(report.failed > 0))


if __name__ == "__main__":
    main()
