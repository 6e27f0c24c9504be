"""A training run as the command starts it: held, stopped by signals, resumed, and used."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest
import torch

from jobs.console.output import Output
from jobs.runs.ingest import Ingest
from jobs.runs.train import TrainReport, train, training_device
from jobs.runs.train_data import pair_source, photo_source
from pipeline.catalog.filters import Filters
from pipeline.flow.inline import run_inline
from pipeline.flow.model import resolve_model
from pipeline.library import Library
from schemas.choices import Device, LengthUnit
from schemas.errors import ExitCode, LibraryBusyError, UsageError
from schemas.settings import IngestSettings, ModelSettings
from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.training.sharp.sources import TrainingPair
from tests.support.made_datasets import make_wildrgbd
from tests.support.made_photos import make_photos
from tests.support.narrow_sharp import NARROW, quick_settings
from tests.support.training_scenes import SquarePairs
from tests.support.trivial_model import ingest

pytestmark = pytest.mark.posix


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "tiny", NARROW)


def run(folder: Path, source: object = None, **changes: object) -> TrainReport:
    return train(quick_settings(**changes), source or SquarePairs(48), folder, Output(quiet=True))


class Interrupting(SquarePairs):
    """Sends Ctrl-C while the pair of the first step is made."""

    def pair(self, number: int) -> TrainingPair:
        if number == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return super().pair(number)


def test_a_signal_ends_it_after_the_step_and_the_same_command_continues(tmp_path: Path) -> None:
    stopped = run(tmp_path / "run", Interrupting(48), steps=2)
    assert stopped.exit_code is ExitCode.INTERRUPTED
    assert (stopped.done, stopped.left) == (1, 1)
    continued = run(tmp_path / "run", steps=2)
    assert (continued.unchanged, continued.done, continued.left) == (1, 1, 0)
    assert continued.exit_code is ExitCode.OK
    assert continued.held_out_psnr_db > 5
    assert Path(continued.picture).name == "step_000002.png"


class TwiceInterrupting(SquarePairs):
    """Sends Ctrl-C twice while the first picture is made."""

    def pair(self, number: int) -> TrainingPair:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return super().pair(number)


def test_a_second_signal_ends_it_at_once_before_anything_is_logged(tmp_path: Path) -> None:
    stopped = run(tmp_path, TwiceInterrupting(48), steps=2)
    assert stopped.exit_code is ExitCode.INTERRUPTED
    assert (stopped.done, stopped.left) == (0, 2)
    assert (stopped.first_psnr_db, stopped.weights) == (None, "")


def test_ingest_takes_the_weights(tmp_path: Path) -> None:
    report = run(tmp_path / "run", steps=1)
    assert json.loads(json.dumps(report.as_dict()))["steps"] == 1
    make_photos(tmp_path / "photos", 1)
    model = ModelSettings("sharp", Path(report.weights), "tiny", Device.CPU)
    made = Ingest(
        Library.resolve(tmp_path / "library"),
        [tmp_path / "photos"],
        IngestSettings(model),
        resolve_model(model),
        Output(quiet=True),
        None,
    ).run(lambda: contextlib.nullcontext(run_inline))
    assert (made.done, made.failed) == (1, 0)


def test_a_library_is_what_stage_2_learns_from(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos", 3)
    ingest(tmp_path / "library", tmp_path / "photos")
    library = Library.resolve(tmp_path / "library")
    settings = quick_settings()
    source = photo_source(settings, (), library, Filters(path="*photo001*"))
    source.check()
    assert len(source.photos.trained) == 1
    with pytest.raises(UsageError, match="no photo"):
        photo_source(settings, (), library, Filters(path="*nothing*")).check()
    with pytest.raises(UsageError, match="--photos names folders"):
        photo_source(settings, [tmp_path / "photos"], library, Filters(path="*photo001*"))
    with library.hold("ingest"):  # a run over the library does not keep it from being read
        photo_source(settings, (), library, Filters()).check()


def test_a_folder_of_posed_pictures_is_what_stage_1_learns_from(tmp_path: Path) -> None:
    make_wildrgbd(tmp_path / "objects")
    (tmp_path / "objects" / "apple" / "nvs_list.json").unlink()
    source = pair_source(quick_settings(), None, tmp_path / "objects")
    assert run(tmp_path / "run", source, steps=1).done == 1
    with pytest.raises(UsageError, match="another unit"):
        pair_source(
            quick_settings(), None, tmp_path / "objects", dataset="wildrgbd", unit=LengthUnit.M
        ).check()


def test_bad_data_are_reported_before_anything_is_written(tmp_path: Path) -> None:
    settings = quick_settings()
    with pytest.raises(UsageError, match="at least 1"):
        train(settings, pair_source(settings, 0), tmp_path / "run", Output(quiet=True))
    assert not (tmp_path / "run").exists()


def test_a_folder_belongs_to_one_training_at_a_time(tmp_path: Path) -> None:
    class Greedy(SquarePairs):
        def pair(self, number: int) -> TrainingPair:
            with pytest.raises(LibraryBusyError, match="another training"):
                run(tmp_path)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(tmp_path, Greedy(48))


def test_there_is_no_training_on_mps() -> None:
    with pytest.raises(UsageError, match="mps"):
        training_device(Device.MPS)
    assert training_device(Device.CPU) == torch.device("cpu")
