"""The gallery's worker with a model that takes no time.

A photo that is 300 pixels wide takes until it is stopped.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from unittest import mock

from jobs.gallery import worker
from pipeline.flow.model import ResolvedModel
from schemas.settings import ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.gaussians import Gaussians
from tests.support.relief import ReliefModel, ReliefPredictor, relief

ENDLESS_WIDTH = 300


class SometimesEndless(ReliefPredictor):
    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        while photos[0].pixels.shape[1] == ENDLESS_WIDTH:
            time.sleep(0.1)
        return [relief(photo) for photo in photos]


class QuickModel(ReliefModel):
    def load(self) -> SometimesEndless:
        return SometimesEndless()


def resolve(settings: ModelSettings) -> ResolvedModel:
    return QuickModel(ModelSettings("small"), ReliefPredictor.fingerprint)


if __name__ == "__main__":
    with mock.patch("pipeline.flow.model.resolve_model", resolve):
        worker.main()
