"""Runs in one process over several tries, with a GPU that takes no more work."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
import torch

from jobs.console.output import Output
from jobs.runs.ingest import Ingest
from pipeline.flow.inline import run_inline
from pipeline.flow.model import ResolvedModel
from pipeline.library import Library
from schemas.errors import DeviceError, RunError
from schemas.records import PhotoState
from schemas.settings import IngestSettings, ModelSettings
from schemas.tables import failures, photos, runs
from sharp_core.models.interface import Predictor, PredictorInput
from sharp_core.scene.gaussians import Gaussians
from tests.support.made_photos import make_photo
from tests.support.trivial_model import TrivialPredictor

POISON_WIDTH = 333


class BrokenDevice(TrivialPredictor):
    """Fails at every photo. Nothing can be computed on torch's device `meta`."""

    device = torch.device("meta")

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")


class DeviceThatAPhotoBreaks(TrivialPredictor):
    """Fails at photos of one width."""

    device = torch.device("meta")

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        if any(photo.pixels.shape[1] == POISON_WIDTH for photo in photos):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return super().predict(photos)


class LooksWhatIsRecorded(TrivialPredictor):
    """Looks, at each prediction, what others would see if the process died of it."""

    library: ClassVar[Path]
    seen: ClassVar[list[tuple[list[str], int]]]  # states of photos, and how many are under way

    def predict(self, photos: Sequence[PredictorInput]) -> list[Gaussians]:
        with Library.resolve(self.library).read() as connection:
            under_way = connection.scalars(sa.select(runs.c.under_way).order_by(runs.c.started_at))
            self.seen.append((states(self.library), len(json.loads(list(under_way)[-1] or "[]"))))
        return super().predict(photos)


@dataclass(frozen=True, slots=True)
class Model(ResolvedModel):
    kind: type[TrivialPredictor] = TrivialPredictor

    def load(self) -> Predictor:
        return self.kind(0.0, None)


def run(library: Path, kind: type[TrivialPredictor]) -> None:
    model = Model(ModelSettings("small"), "trivial-1", kind=kind)
    source = [library.parent / "photos"]
    job = Ingest(Library.resolve(library), source, IngestSettings(), model, Output(quiet=True))
    job.run(lambda: contextlib.nullcontext(run_inline))


def states(library: Path) -> list[str]:
    with Library.resolve(library).read() as connection:
        return sorted(row.state for row in connection.execute(photos.select()))


def test_a_device_that_fails_at_every_photo_gives_none_up(tmp_path: Path) -> None:
    for index in range(2):
        make_photo(tmp_path / "photos" / f"{index}.jpg", index)
    library = tmp_path / "library"
    for _ in range(6):
        with pytest.raises(RunError, match="takes no more work"):
            run(library, BrokenDevice)
    assert states(library) == [PhotoState.DUE] * 2
    with Library.resolve(library).read() as connection:
        assert len(connection.execute(failures.select()).all()) == 2  # once for each photo
    run(library, TrivialPredictor)
    assert states(library) == [PhotoState.DONE] * 2


def test_a_photo_that_breaks_the_device_is_given_up_after_three_runs(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "poison.jpg", 1, (POISON_WIDTH, 300))
    library = tmp_path / "library"
    for _ in range(3):
        with pytest.raises(DeviceError):
            run(library, DeviceThatAPhotoBreaks)
    assert states(library) == [PhotoState.FAILED]
    run(library, DeviceThatAPhotoBreaks)  # no photo is due


def test_a_photo_with_an_outcome_is_no_longer_under_way_when_the_predictor_is_checked(
    tmp_path: Path,
) -> None:
    library, folder = tmp_path / "library", tmp_path / "photos"
    make_photo(folder / "poison.jpg", 1, (POISON_WIDTH, 300))
    with pytest.raises(DeviceError):
        run(library, DeviceThatAPhotoBreaks)
    make_photo(folder / "cut off.jpg", 2)
    whole = (folder / "cut off.jpg").read_bytes()
    (folder / "cut off.jpg").write_bytes(whole[: len(whole) // 2])
    LooksWhatIsRecorded.library, LooksWhatIsRecorded.seen = library, []
    run(library, LooksWhatIsRecorded)
    # The check of the predictor, and then the photo that broke it before.
    assert LooksWhatIsRecorded.seen == [(["due", "failed"], 0), (["due", "failed"], 1)]
