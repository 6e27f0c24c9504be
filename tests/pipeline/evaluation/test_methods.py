from __future__ import annotations

from pathlib import Path

from pipeline.decode.stereo import GivenCamera
from pipeline.evaluation.methods import FlatMethod, ModelMethod, SplatMethod
from pipeline.evaluation.stereo_sample import StereoSample
from pipeline.flow.model import resolve_model
from schemas.choices import Device
from schemas.evaluation_settings import DatasetSettings
from schemas.settings import ModelSettings
from sharp_core.evaluation.datasets.middlebury import find_samples
from tests.support.made_datasets import make_middlebury

SAMPLE = StereoSample(Path("/photos/trip/a.heic"), "trip/a", GivenCamera())


def test_a_splat_is_found_at_the_photos_place_or_by_its_name(tmp_path: Path) -> None:
    method = SplatMethod("elsewhere", tmp_path)
    assert method.key(SAMPLE) == "missing"
    (tmp_path / "a.spz").write_bytes(b"12")
    by_name = method.key(SAMPLE)
    assert "a.spz 2" in by_name
    (tmp_path / "trip").mkdir()
    (tmp_path / "trip" / "a.ply").write_bytes(b"1")
    assert "trip/a.ply 1" in method.key(SAMPLE)


def test_a_splat_of_a_data_set_is_found_at_its_path_alone(tmp_path: Path) -> None:
    make_middlebury(tmp_path / "data")
    (sample,) = find_samples(tmp_path / "data", DatasetSettings())
    method = SplatMethod("elsewhere", tmp_path)
    (tmp_path / "left.ply").write_bytes(b"of another scene")
    assert method.key(sample) == "missing"
    (tmp_path / "Shelf").mkdir()
    (tmp_path / "Shelf" / "left.ply").write_bytes(b"1")
    assert "Shelf/left.ply 1" in method.key(sample)


def test_a_model_is_known_by_its_fingerprint() -> None:
    model = resolve_model(ModelSettings("small", device=Device.CPU))
    method = ModelMethod("mine", model)
    assert model.fingerprint in method.key(SAMPLE)
    assert method.gpus == FlatMethod().gpus  # small runs on the CPU
