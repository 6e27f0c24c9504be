"""How many photos fit into a device's memory at once."""

from __future__ import annotations

import gc

import torch

from sharp_core.models.sharp.network.config import NetworkConfig

# On a GPU a larger batch is hardly faster, and a failed one costs more.
_LARGEST_BATCH = 8
_SHARE_OF_FREE = 0.8
# Feature maps of the finest level that the network holds at its peak, a photo: five in the depth
# decoder, and as much again for what convolutions need beside them.
_FINEST_MAPS = 10


def automatic_batch_size(config: NetworkConfig, device: torch.device, dtype: torch.dtype) -> int:
    """Return how many photos should go at once, with the network on `device` already."""
    free = _free_bytes(device)
    if free is None:
        return 1  # on a CPU one photo keeps all cores busy
    cells = (config.resolution // 2) ** 2
    a_photo = _FINEST_MAPS * config.depth_decoder_width * cells * dtype.itemsize
    return min(max(int(_SHARE_OF_FREE * free / a_photo), 1), _LARGEST_BATCH)


def free_cached(device: torch.device) -> None:
    """Give back what is not in use, so that a smaller batch finds room."""
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
