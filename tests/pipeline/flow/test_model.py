"""Finding a run's weights on whichever machine a predictor is loaded."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.flow.model import ResolvedModel, check_settings, resolve_model
from schemas.choices import Device, DType
from schemas.errors import UsageError, WeightsError
from schemas.settings import ModelSettings
from sharp_core.models.registry import MODELS
from sharp_core.models.sharp import checkpoint as published
from tests.support.stand_in import weights

TINY = ModelSettings(preset="tiny", device=Device.CPU)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save(weights("tiny"), path)
    return path


@pytest.fixture
def cached(tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put the weights where this machine keeps the published ones."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    path = published.cache_home() / published.FILE_NAME
    path.parent.mkdir(parents=True)
    shutil.copy(tiny, path)
    return path


def on_another_machine(model: ResolvedModel, path: Path) -> ResolvedModel:
    """Return `model` as a worker sees it whose machine lacks the run's file."""
    return ResolvedModel(model.settings, model.fingerprint, path)


def test_a_machine_without_the_runs_file_takes_its_own_cache(cached: Path, tmp_path: Path) -> None:
    model = on_another_machine(resolve_model(TINY), tmp_path / "elsewhere.pt")
    assert model.load().fingerprint == model.fingerprint


def test_a_machine_without_any_weights_downloads_them(
    tiny: Path, cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = on_another_machine(resolve_model(TINY), tmp_path / "elsewhere.pt")
    cached.unlink()

    def fetch(**_: object) -> Path:
        return Path(shutil.copy(tiny, cached))

    monkeypatch.setattr(published, "fetch_checkpoint", fetch)
    assert model.load().fingerprint == model.fingerprint


def test_a_checkpoint_that_a_person_gave_is_not_replaced_by_a_download(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    given = shutil.copy(tiny, tmp_path / "given.pt")
    model = resolve_model(ModelSettings(checkpoint=str(given), preset="tiny"))
    Path(given).unlink()
    with pytest.raises(WeightsError, match=r"has no checkpoint .*given\.pt") as caught:
        model.load()
    assert "every machine" in caught.value.hint


def test_other_weights_than_the_runs_are_refused(cached: Path, tmp_path: Path) -> None:
    model = resolve_model(TINY)
    torch.save(weights("tiny", "other"), tmp_path / "same-name.pt")
    with pytest.raises(WeightsError, match="other weights"):
        on_another_machine(model, tmp_path / "same-name.pt").load()


def test_a_machine_that_cannot_compile_says_so_at_the_start(
    cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no C++ compiler was found")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: fail)
    with pytest.raises(UsageError, match=r"--compile: .*no C\+\+ compiler") as caught:
        resolve_model(replace(TINY, compiled=True)).load()
    assert "omit --compile" in caught.value.hint


def test_a_gpu_predicts_several_photos_at_once_wherever_it_is() -> None:
    model = ResolvedModel(ModelSettings(device=Device.AUTO), "sharp-1")
    assert model.usual_batch_size(on_gpu=True) > 1
    assert model.usual_batch_size(on_gpu=False) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ModelSettings("small", preset="tiny"), "has no presets"),
        (ModelSettings("sharp", preset="huge"), "has no preset 'huge'.*it has: .*tiny"),
        (ModelSettings("small", dtype=DType.FP16), "has no number format 'fp16'.*it has: auto"),
    ],
)
def test_what_a_model_does_not_have_is_refused(settings: ModelSettings, message: str) -> None:
    (entry,) = (entry for entry in MODELS if entry.name == settings.model)
    with pytest.raises(UsageError, match=message):
        check_settings(settings, entry)
