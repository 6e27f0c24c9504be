"""Small scenes that look like their photos, so that what a viewer shows can be checked."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from jobs.console.output import Output
from jobs.runs.ingest import Ingest, IngestReport
from pipeline.flow.inline import run_inline
from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from schemas.settings import IngestSettings, ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.scene.gaussians import Gaussians

ROWS, COLUMNS = 128, 256
NEAR_M, FAR_M = 1.5, 6.0


@dataclass(frozen=True)
class ReliefPredictor:
    """One Gaussian a cell of the photo: a near disc in the middle, and a far wall behind it."""

    name: str = "small"
    fingerprint: str = "relief-1"
    color_gain: float = 1.0  # of linear light: other models give other colors

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        return [relief(photo, self.color_gain) for photo in photos]


def relief(photo: PredictorInput, color_gain: float = 1.0) -> Gaussians:
    height, width = photo.pixels.shape[:2]
    small = Image.fromarray(photo.pixels).resize((COLUMNS, ROWS), Image.Resampling.BOX)
    srgb = torch.from_numpy(np.asarray(small, np.float32) / 255.0).reshape(-1, 3)
    linear = torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    y, x = torch.meshgrid(
        (torch.arange(ROWS) + 0.5) / ROWS - 0.5,
        (torch.arange(COLUMNS) + 0.5) / COLUMNS - 0.5,
        indexing="ij",
    )
    z = torch.where(x**2 + y**2 < 0.04, NEAR_M, FAR_M).reshape(-1)
    unit = z / photo.focal_px
    means = torch.stack([x.reshape(-1) * width * unit, y.reshape(-1) * height * unit, z], dim=1)
    cell = torch.tensor([width / COLUMNS, height / ROWS, min(width, height) / 2000])
    count = ROWS * COLUMNS
    return Gaussians(
        means=means,
        quats=torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(count, 1),
        scales=0.55 * unit[:, None] * cell[None, :],
        opacities=torch.full((count,), 0.98),
        colors=color_gain * linear.contiguous(),
    )


@dataclass(frozen=True, slots=True)
class ReliefModel(ResolvedModel):
    """Stands where a run's model does."""

    color_gain: float = 1.0

    def load(self) -> ReliefPredictor:
        return ReliefPredictor(fingerprint=self.fingerprint, color_gain=self.color_gain)


def ingest_reliefs(
    library: Path,
    *sources: Path,
    settings: IngestSettings | None = None,
    fingerprint: str = "relief-1",
    color_gain: float = 1.0,
) -> IngestReport:
    model = ReliefModel(ModelSettings("small"), fingerprint, color_gain=color_gain)
    run = Ingest(
        Library.resolve(library), sources, settings or IngestSettings(), model, Output(quiet=True)
    )
    return run.run(lambda: contextlib.nullcontext(run_inline))
