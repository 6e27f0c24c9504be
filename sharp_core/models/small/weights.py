"""The weights of `small` as a float16 safetensors file: write, read, load strictly."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from schemas.errors import WeightsDamagedError
from sharp_core.models.small.network import SmallNetwork

FORMAT = "sharp-batch small 1"
"""Stored in the file's metadata; another network layout gets another number."""

BUNDLED = Path(__file__).with_name("weights.safetensors")
"""The file in the package."""

_METADATA = "sharp-batch"

# Counters of batch normalisation: of use in training only.
_COUNTER = ".num_batches_tracked"


def write_weights(
    state: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a network's `state_dict` as float16, through a temporary file beside `path`."""
    half = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in state.items()
        if not name.endswith(_COUNTER)
    }
    if unfit := sorted(name for name, tensor in half.items() if not tensor.isfinite().all()):
        raise WeightsDamagedError(f"{path}: not finite as float16: {', '.join(unfit)}")
    temporary = path.with_name(path.name + ".part")
    # One entry: the library stores several in random order, and equal weights are equal files.
    fields = {**(metadata or {}), "format": FORMAT}
    save_file(half, temporary, {_METADATA: json.dumps(fields, sort_keys=True)})
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(path)


def read_weights_metadata(path: Path) -> dict[str, str]:
    """Return the text fields of a weights file, such as its validation scores."""
    with safe_open(path, framework="pt") as file:
        return _fields(file.metadata())


def load_weights(network: SmallNetwork, path: Path = BUNDLED) -> None:
    """Load a file into `network`, in place, as float32.

    Every tensor of the network must be in the file with its shape, and no other.
    """
    with safe_open(path, framework="pt") as file:
        found = _fields(file.metadata()).get("format")
        if found != FORMAT:
            raise WeightsDamagedError(f"{path}: format: expected {FORMAT!r}, found {found!r}")
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    expected = {n: t for n, t in network.state_dict().items() if not n.endswith(_COUNTER)}
    _check_names(path, set(expected), set(tensors))
    _check_shapes(path, expected, tensors)
    network.load_state_dict(tensors, strict=False)


def _fields(metadata: Mapping[str, str] | None) -> dict[str, str]:
    fields: dict[str, str] = json.loads((metadata or {}).get(_METADATA, "{}"))
    return fields


def _check_names(path: Path, expected: set[str], found: set[str]) -> None:
    missing, extra = sorted(expected - found), sorted(found - expected)
    if missing or extra:
        raise WeightsDamagedError(
            f"{path}: missing tensors: {', '.join(missing) or 'none'}; "
            f"extra tensors: {', '.join(extra) or 'none'}"
        )


def _check_shapes(path: Path, expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    for name, tensor in expected.items():
        if found[name].shape != tensor.shape:
            raise WeightsDamagedError(
                f"{path}: {name}: expected shape {tuple(tensor.shape)}, "
                f"found {tuple(found[name].shape)}"
            )
