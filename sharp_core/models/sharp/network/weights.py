"""Load a checkpoint file into a network, without initialisation and without a second copy.

The file is memory-mapped. Names and shapes of its tensors are compared with the network's before
any conversion. In float32 on a CPU the parameters are the mapped pages of the file; otherwise each
tensor is converted separately.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from schemas.errors import WeightsDamagedError
from sharp_core.models.sharp.network.config import NetworkConfig
from sharp_core.models.sharp.network.model import SharpNetwork

_NAMES_SHOWN = 5
_HINT = (
    "Remove the file to have it downloaded again, or give another one with --checkpoint: "
    "a state dict saved by torch, or a .safetensors file."
)


def load_network(
    path: Path,
    config: NetworkConfig,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> SharpNetwork:
    """Return the network of `config` with the weights of `path`, ready for inference.

    Weights are converted to `dtype`, except those of `SharpNetwork.float32_modules`. Raises
    WeightsDamagedError if the file cannot be read, or has other names or shapes than the network.
    """
    with torch.device("meta"):
        network = SharpNetwork(config)
    weights = read_weights(path)
    check_names_and_shapes(path, network.state_dict(), weights)
    dtypes = _dtypes(network, dtype)
    for name in list(weights):
        mapped = weights[name]
        weights[name] = _place(mapped, torch.device(device), dtypes[name])
        if dtype != torch.float32 and weights[name].data_ptr() == mapped.data_ptr():
            # One mapped tensor would keep all 2.8 GB of the file in memory.
            weights[name] = weights[name].clone()
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Memory-map the tensors of a checkpoint. Raises WeightsDamagedError, FileNotFoundError."""
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as error:
        raise _not_a_checkpoint(path, error) from error
    if not isinstance(content, dict) or not all(isinstance(v, Tensor) for v in content.values()):
        raise WeightsDamagedError(f"{path} holds something else than named tensors", _HINT)
    return dict(content)


@contextlib.contextmanager
def advising(hint: str) -> Iterator[None]:
    """Give a WeightsDamagedError of the block this hint, where another option names the file."""
    try:
        yield
    except WeightsDamagedError as error:
        raise WeightsDamagedError(error.message, hint) from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise WeightsDamagedError(
            f"{path} is a safetensors file, which needs the package safetensors",
            "Install it with 'pip install safetensors', or give a .pt file.",
        ) from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise _not_a_checkpoint(path, error) from error


def _not_a_checkpoint(path: Path, error: Exception) -> WeightsDamagedError:
    return WeightsDamagedError(f"{path} is not a checkpoint: {_first_line(error)}", _HINT)


def check_names_and_shapes(
    path: Path, expected: dict[str, Tensor], found: dict[str, Tensor]
) -> None:
    """Raise WeightsDamagedError, which lists names and shapes, where the tensors differ."""
    problems = {
        "missing": [name for name in expected if name not in found],
        "unexpected": [name for name in found if name not in expected],
        "of another shape": [
            f"{name} {tuple(found[name].shape)} instead of {tuple(tensor.shape)}"
            for name, tensor in expected.items()
            if name in found and found[name].shape != tensor.shape
        ],
    }
    report = [f"{len(names)} {kind}: {_some(names)}" for kind, names in problems.items() if names]
    if report:
        raise WeightsDamagedError(
            f"{path} holds the weights of another network ({len(expected)} tensors are expected; "
            f"{'; '.join(report)})",
            _HINT,
        )


def _dtypes(network: SharpNetwork, dtype: torch.dtype) -> dict[str, torch.dtype]:
    kept = {parameter for module in network.float32_modules() for parameter in module.parameters()}
    return {
        name: torch.float32 if parameter in kept else dtype
        for name, parameter in network.named_parameters()
    }


def _place(tensor: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Move and convert one tensor. Convolution kernels become channels-last, like the maps."""
    tensor = tensor.to(device=device, dtype=dtype)
    if tensor.dim() == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
