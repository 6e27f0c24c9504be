"""Compile the network with torch.compile, after a test that a compiler works on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from schemas.errors import UsageError

Compiled = Literal[
    "no",
    "kernels",  # fuse chains of small operations into one kernel each
    "graphs",  # the same, replayed as CUDA graphs: without the launch cost of each kernel
]
_MODES = {"kernels": "default", "graphs": "reduce-overhead"}


def compile_network(
    network: nn.Module, compiled: Compiled, device: torch.device
) -> Callable[..., Any]:
    """Return `network`, which compiles at its first call for each batch size.

    A trial compiles one line now. Raises UsageError if that fails, and not at the first photo.
    """
    if compiled == "no":
        return network
    try:
        torch.compile(_trial, dynamic=False)(torch.ones(8, device=device))
    except Exception as error:  # a missing compiler raises many kinds of errors
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(
            f"--compile: torch cannot compile for {device} on {socket.gethostname()}: {lines[0]}",
            "Install a C++ compiler (with an NVIDIA GPU, Triton), or omit --compile.",
        ) from error
    # Fixed shapes only: kernels for dynamic shapes are slower and take longer to compile.
    return torch.compile(network, mode=_MODES[compiled], dynamic=False)


def _trial(x: Tensor) -> Tensor:
    return 2 * x + 1
