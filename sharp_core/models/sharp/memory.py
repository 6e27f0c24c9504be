"""Memory of a device: the batch size that fits, and whether freed memory is kept or released."""

from __future__ import annotations

import ctypes
import gc
import platform

import torch

from sharp_core.models.sharp.network.config import NetworkConfig

# A larger batch is hardly faster on a GPU, and costs more if it fails.
_LARGEST_BATCH = 8
_SHARE_OF_FREE = 0.8
# Peak memory per photo, in feature maps of the finest level: five in the depth decoder, and the
# same again for the workspace of convolutions.
_FINEST_MAPS = 10
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_REUSED = 32 << 20  # bytes; the most that glibc accepts
_KEPT = 512 << 20  # bytes


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


def reuse_freed_memory(device: torch.device) -> None:
    """Keep freed blocks of up to 32 MB for the next map of the network, on a CPU with glibc.

    The system clears each page of new memory. For the maps of one photo, 3 million pages, this
    takes a fifth of the network's time, and more while other processes work. This setting is the
    whole process's, and replaces one that gives memory back.
    """
    if device.type == "cpu" and platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_REUSED)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None
