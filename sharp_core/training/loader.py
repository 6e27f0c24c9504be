"""Samples of training in a fixed order, made ahead by other processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T_co = TypeVar("T_co", covariant=True)

_AHEAD = 4  # samples that each process makes ahead


def in_order(data: Dataset[T_co], numbers: Sequence[int], *, workers: int = 0) -> Iterator[T_co]:
    """Yield `data[number]` for each of `numbers`, made ahead by `workers` processes."""
    loader: DataLoader[T_co] = DataLoader(
        data,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        collate_fn=_same,
        worker_init_fn=_ignore_signals,
    )
    return iter(loader)


def _ignore_signals(_: int) -> None:
    """Leave Ctrl-C and SIGTERM, which reach the whole process group, to the training process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)


def _same(sample: object) -> object:
    """Keep what the data set made: it needs no collation."""
    return sample
