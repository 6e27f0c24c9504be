import pickle
from pathlib import Path

import pytest
import torch

from schemas.errors import WeightsDamagedError
from sharp_core.models.sharp.network.config import PRESETS
from sharp_core.models.sharp.network.weights import load_network
from tests.support import stand_in

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def tiny_weights():
    return stand_in.weights("tiny")


@pytest.fixture
def checkpoint(tmp_path, tiny_weights):
    torch.save(tiny_weights, tmp_path / "tiny.pt")
    return tmp_path / "tiny.pt"


def test_all_weights_are_loaded_unchanged(checkpoint, tiny_weights):
    network = load_network(checkpoint, TINY)
    loaded = network.state_dict()
    assert loaded.keys() == tiny_weights.keys()
    assert all(torch.equal(loaded[name], tiny_weights[name]) for name in loaded)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_matrices_are_memory_mapped(checkpoint):
    """Mapped, not copied: a change of the file's bytes is a change of the parameter."""
    name = "monodepth_model.monodepth_predictor.encoder.patch_encoder.blocks.0.mlp.fc1.weight"
    parameter = load_network(checkpoint, TINY).state_dict()[name]
    content = checkpoint.read_bytes()
    at = content.index(parameter.numpy().tobytes())
    with checkpoint.open("r+b") as file:
        file.seek(at)
        file.write(b"\0\0\0\0")
    assert parameter.flatten()[0] == 0.0


@pytest.mark.posix
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists what is mapped")
def test_a_converted_network_does_not_keep_the_file_in_memory(checkpoint):
    network = load_network(checkpoint, TINY, dtype=torch.bfloat16)
    assert network.state_dict()
    assert str(checkpoint) not in Path("/proc/self/maps").read_text()


def test_safetensors_load_too(tmp_path, tiny_weights):
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file(tiny_weights, tmp_path / "tiny.safetensors")
    loaded = load_network(tmp_path / "tiny.safetensors", TINY).state_dict()
    assert all(torch.equal(loaded[name], tiny_weights[name]) for name in tiny_weights)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sensitive_modules_stay_in_float32(checkpoint, dtype):
    network = load_network(checkpoint, TINY, dtype=dtype)
    kept = {name for name, p in network.named_parameters() if p.dtype == torch.float32}
    assert all(p.dtype in (dtype, torch.float32) for p in network.parameters())
    assert "prediction_head.geometry_prediction_head.weight" in kept
    assert "monodepth_model.monodepth_predictor.head.4.weight" in kept
    assert "monodepth_model.monodepth_predictor.head.2.weight" not in kept


def test_weights_of_another_network_are_refused_by_name_and_shape(tmp_path, tiny_weights):
    weights = dict(tiny_weights)
    del weights["prediction_head.geometry_prediction_head.bias"]
    weights["prediction_head.third_head.bias"] = torch.zeros(1)
    weights["feature_model.image_encoder.conv.bias"] = torch.zeros(7)
    torch.save(weights, tmp_path / "other.pt")
    with pytest.raises(WeightsDamagedError) as caught:
        load_network(tmp_path / "other.pt", TINY)
    message = caught.value.message
    assert "1 missing: prediction_head.geometry_prediction_head.bias" in message
    assert "1 unexpected: prediction_head.third_head.bias" in message
    assert (
        "1 of another shape: feature_model.image_encoder.conv.bias (7,) instead of (16,)" in message
    )
    assert "--checkpoint" in caught.value.hint


def test_the_report_of_a_wholly_different_checkpoint_stays_short(tmp_path):
    torch.save({f"layer{i}": torch.zeros(1) for i in range(1000)}, tmp_path / "other.pt")
    with pytest.raises(WeightsDamagedError, match="and 995 more") as caught:
        load_network(tmp_path / "other.pt", TINY)
    assert len(caught.value.message) < 1200


class _Malicious:
    def __reduce__(self):
        return (print, ("code of a checkpoint was run",))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"<!DOCTYPE html><html><body>404</body></html>"),
        lambda path: path.write_bytes(pickle.dumps({"a": 1})),
        lambda path: torch.save({"a": torch.zeros(3)}, path, _use_new_zipfile_serialization=False),
        lambda path: torch.save([torch.zeros(3)], path),
        lambda path: torch.save({"epoch": 3}, path),
        lambda path: torch.save(_Malicious(), path),
    ],
    ids=["empty", "web page", "pickle", "old format", "list", "no tensors", "code"],
)
def test_invalid_checkpoints_are_refused(tmp_path, write, capsys):
    write(tmp_path / "bad.pt")
    with pytest.raises(WeightsDamagedError, match=r"bad\.pt"):
        load_network(tmp_path / "bad.pt", TINY)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(checkpoint, share):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(WeightsDamagedError, match=r"tiny\.pt is not a checkpoint"):
        load_network(checkpoint, TINY)


def test_damaged_safetensors_are_refused(tmp_path):
    pytest.importorskip("safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(WeightsDamagedError, match="is not a checkpoint"):
        load_network(tmp_path / "bad.safetensors", TINY)


def test_errors_survive_pickling(tmp_path):
    error = WeightsDamagedError("what", "do this")
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.hint, str(again)) == ("what", "do this", "what")
