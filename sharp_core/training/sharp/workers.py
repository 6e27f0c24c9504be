"""How many processes train together, and which one this is.

`torch.distributed` connects them; whoever starts the processes sets it up. With one process nothing
of it is used.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import cast

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Workers:
    """Process `rank` of `count`."""

    rank: int = 0
    count: int = 1

    @staticmethod
    def connected() -> Workers:
        """Return what `torch.distributed` says; one process where it is not set up."""
        if not (dist.is_available() and dist.is_initialized()):
            return Workers()
        return Workers(dist.get_rank(), dist.get_world_size())

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def numbers(self, first_step: int, last_step: int, batch: int) -> range | list[int]:
        """Return the numbers of this process's samples: no two processes share one."""
        a_step = batch * self.count
        if self.count == 1:
            return range(first_step * batch, last_step * batch)
        return [
            step * a_step + self.rank * batch + index
            for step in range(first_step, last_step)
            for index in range(batch)
        ]

    def wrap(self, module: nn.Module, device: torch.device) -> nn.Module:
        """Return the module whose gradients all processes average."""
        if self.count == 1:
            return module
        # Some weights take no part: those of a layer that nothing feeds, the scale map's without
        # true depth.
        ids = [device.index] if device.type == "cuda" else None
        return cast("nn.Module", DistributedDataParallel(module, ids, find_unused_parameters=True))

    def with_sync(
        self, module: nn.Module, is_last: bool
    ) -> contextlib.AbstractContextManager[object]:
        """Return a context for one pair of a step: gradients are averaged with the last one."""
        if isinstance(module, DistributedDataParallel) and not is_last:
            return module.no_sync()
        return contextlib.nullcontext()

    def any_of(self, value: bool, device: torch.device) -> bool:
        """Return whether `value` is true in any of the processes."""
        if self.count == 1:
            return value
        flag = torch.tensor(float(value), device=device)
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag)

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.count > 1:
            dist.barrier()
