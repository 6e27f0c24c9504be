import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from schemas.errors import WeightsDamagedError
from sharp_core.models.small.network import SmallNetwork
from sharp_core.models.small.weights import (
    load_weights,
    read_weights_metadata,
    write_weights,
)


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "weights.safetensors"
    network = SmallNetwork()
    write_weights(network.state_dict(), path, {"score": "0.5"})
    return network, path


def changed(path, change):
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    change(tensors)
    save_file(tensors, path, metadata)


def test_weights_come_back_as_their_float16_values(stored):
    network, path = stored
    other = SmallNetwork()
    load_weights(other, path)
    for name, tensor in network.state_dict().items():
        if "num_batches" not in name:
            assert torch.equal(other.state_dict()[name], tensor.half().float()), name
    assert read_weights_metadata(path)["score"] == "0.5"
    assert path.stat().st_size <= 8_000_000


def test_there_and_back_again_gives_the_same_bytes(stored, tmp_path):
    _, path = stored
    network = SmallNetwork()
    load_weights(network, path)
    again = tmp_path / "again.safetensors"
    write_weights(network.state_dict(), again, {"score": "0.5"})
    assert again.read_bytes() == path.read_bytes()


def test_missing_and_extra_tensors_are_named(stored):
    _, path = stored
    changed(path, lambda t: (t.pop("head.0.bias"), t.update({"tail.bias": torch.zeros(1)})))
    with pytest.raises(
        WeightsDamagedError, match=r"missing tensors: head.0.bias; extra.*tail.bias"
    ):
        load_weights(SmallNetwork(), path)


def test_a_shape_that_differs_is_named(stored):
    _, path = stored
    changed(path, lambda t: t.update({"head.0.bias": torch.zeros(2)}))
    with pytest.raises(
        WeightsDamagedError, match=r"head.0.bias: expected shape \(24,\), found \(2,\)"
    ):
        load_weights(SmallNetwork(), path)


def test_another_format_is_refused(stored):
    _, path = stored
    save_file(load_file(path), path, {"format": "other 2"})
    with pytest.raises(WeightsDamagedError, match=r"format: expected 'sharp-batch small 1'"):
        load_weights(SmallNetwork(), path)


def test_values_beyond_float16_are_refused(tmp_path):
    state = SmallNetwork().state_dict()
    state["head.0.bias"] = torch.full((24,), 1e6)
    path = tmp_path / "weights.safetensors"
    with pytest.raises(WeightsDamagedError, match=r"not finite as float16: head.0.bias"):
        write_weights(state, path)
    assert not path.exists()
