"""Batch size from the free memory of a device, and release of cached memory."""

from __future__ import annotations

import gc

import torch

from sharp_core.models.sharp.network.config import NetworkConfig

# A larger batch is hardly faster on a GPU, and costs more if it fails.
_LARGEST_BATCH = 8
_SHARE_OF_FREE = 0.8
# Peak memory per photo, in feature maps of the finest level: five in the depth decoder, and the
# same again for the workspace of convolutions.
_FINEST_MAPS = 10


def automatic_batch_size(config: NetworkConfig, device: torch.device, dtype: torch.dtype) -> int:
    """Return the batch size for `device`, which holds the network already."""
    free = _free_bytes(device)
    if free is None:
        return 1  # on a CPU one photo keeps all cores busy
    cells = (config.resolution // 2) ** 2
    a_photo = _FINEST_MAPS * config.depth_decoder_width * cells * dtype.itemsize
    return min(max(int(_SHARE_OF_FREE * free / a_photo), 1), _LARGEST_BATCH)


def empty_device_cache(device: torch.device) -> None:
    """Release unused cached memory, so that a smaller batch fits."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None
