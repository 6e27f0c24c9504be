"""A small extractor for the perceptual loss, pictures for it, and what autograd keeps."""

from __future__ import annotations

import contextlib
import itertools
import weakref
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn


class SmallExtractor(nn.Module):
    """Four stages of random convolutions, each at half the resolution of the one before."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 8, 12, 16, 24)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1), nn.Softplus())
            for inside, outside in itertools.pairwise(widths)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return four maps of `image` (B, 3, H, W)."""
        maps, x = [], image
        for index, stage in enumerate(self.stages):
            x = stage(nn.functional.avg_pool2d(x, 2) if index else x)
            maps.append(x)
        return tuple(maps)


def noise_picture(side: int) -> Tensor:
    """Return a picture (3, side, side) of fine grain."""
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(3))


class _Kept:
    """A tensor that a graph keeps; it lives as long as the graph."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


@contextlib.contextmanager
def count_kept_numbers() -> Iterator[Callable[[], int]]:
    """Inside the context, the function given counts the numbers that living graphs keep."""
    kept: weakref.WeakSet[_Kept] = weakref.WeakSet()

    def pack(tensor: Tensor) -> _Kept:
        one = _Kept(tensor)
        kept.add(one)
        return one

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one.tensor):
        yield lambda: sum(one.tensor.numel() for one in kept)
