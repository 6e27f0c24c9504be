"""Compiling the network with torch.compile, and finding out first whether that works at all."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from schemas.errors import UsageError

Compiled = Literal[
    "no",
    "kernels",  # chains of small operations become one kernel each
    "graphs",  # the same, replayed as CUDA graphs: without the cost of starting each kernel
]
_MODES = {"kernels": "default", "graphs": "reduce-overhead"}


def compile_network(
    network: nn.Module, compiled: Compiled, device: torch.device
) -> Callable[..., Any]:
    """Return `network`, compiled at its first use for each size of a batch.

    Raises UsageError now, on a trial of a line, and not at the first photo.
    """
    if compiled == "no":
        return network
    try:
        torch.compile(_trial, dynamic=False)(torch.ones(8, device=device))
    except Exception as error:  # a missing compiler shows itself in many ways
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(
            f"--compile: torch cannot compile for {device} on {socket.gethostname()}: {lines[0]}",
            "Install a C++ compiler (with an NVIDIA GPU, Triton), or leave --compile away.",
        ) from error
    # Fixed shapes only: compiled for any size, kernels are slower and take longer to make.
    return torch.compile(network, mode=_MODES[compiled], dynamic=False)


def _trial(x: Tensor) -> Tensor:
    return 2 * x + 1
