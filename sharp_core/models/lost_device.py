"""Detect a lost GPU: a device that fails every call of this process, not only one photo."""

from __future__ import annotations

import torch

from sharp_core.models.out_of_memory import is_out_of_memory


def is_device_lost(device: torch.device) -> bool:
    """Return whether even trivial work fails on `device`. Out of memory does not count.

    After some errors, an illegal memory access among them, every call of CUDA fails with the same
    one until the process ends (CUDA Runtime API, "Error handling": sticky errors).
    """
    if device.type == "cpu":
        return False
    try:
        torch.ones(1, device=device).sum().item()
    except RuntimeError as error:
        return not is_out_of_memory(error)
    return False
