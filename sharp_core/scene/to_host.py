"""Tensors that leave a GPU."""

from __future__ import annotations

import torch
from torch import Tensor


def to_host(values: Tensor) -> Tensor:
    """Return `values` in the CPU's memory; from an NVIDIA GPU into page-locked memory.

    A GPU writes there by itself. Into other memory the driver copies all values a second time.
    """
    if values.device.type != "cuda":
        return values.cpu()
    host = values.to("cpu", non_blocking=True)  # torch gives it page-locked memory
    torch.cuda.current_stream(values.device).synchronize()
    return host
