"""Pixels go to a GPU while the batch before them is computed.

A GPU copies by itself only from page-locked memory, and while it computes only on another stream.
torch's allocators do the double buffering: they reuse no memory before its copy is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Pixels = npt.NDArray[np.uint8]  # (height, width, 3)
Arrival = Callable[[], Tensor]  # returns what is copied, for work after the copy


class Lane(Protocol):
    """Copies to a device, beside what it computes."""

    def copy(self, pixels: Pixels) -> Arrival:
        """Start a copy. Raises RuntimeError if there is no memory for it."""
        ...


class CudaLane:
    """A lane to an NVIDIA GPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def copy(self, pixels: Pixels) -> Arrival:
        """Start a copy; threads may do so at the same time."""
        locked = torch.empty(pixels.shape, dtype=torch.uint8, pin_memory=True)
        np.copyto(locked.numpy(), pixels)
        with torch.cuda.stream(self._stream):
            copied = locked.to(self._device, non_blocking=True)
            done = self._stream.record_event()

        def arrival() -> Tensor:
            stream = torch.cuda.current_stream(self._device)
            stream.wait_event(done)
            copied.record_stream(
                stream
            )  # so that its memory is not reused before that work is over
            return copied

        return arrival


class Uploads:
    """The photos that are on their way to a device; without a lane, none ever is."""

    def __init__(self, lane: Lane | None) -> None:
        self._lane = lane
        self._arrivals: dict[int, Arrival] = {}  # by the id of the array

    @contextmanager
    def of(self, photos: Sequence[Pixels]) -> Iterator[None]:
        """Start to copy `photos`; inside, `find` finds them. Threads may do so at the same time."""
        try:
            self._start(photos)
            yield
        finally:
            for pixels in photos:
                self._arrivals.pop(id(pixels), None)

    def find(self, pixels: Pixels) -> Tensor | None:
        """Return these very pixels on the device, for work after their copy; None if unknown."""
        arrival = self._arrivals.get(id(pixels))
        return None if arrival is None else arrival()

    def _start(self, photos: Sequence[Pixels]) -> None:
        if self._lane is None:
            return
        for pixels in photos:
            try:
                self._arrivals[id(pixels)] = self._lane.copy(pixels)
            except RuntimeError:
                return  # the predictor copies the others itself, and meets what is wrong there
