"""Shares of work, and a team of threads that takes them one by one.

The compiled functions release the GIL. Each share writes its own part of the result, so the result
does not depend on the number of threads.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import numpy.typing as npt

Span = tuple[int, int]  # first index, and the index after the last
Counts = npt.NDArray[np.int64]


class ThreadTeam:
    """Some threads, the calling one among them."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="render")

    def run(self, spans: Sequence[Span], *steps: Callable[[int, int, int], None]) -> list[float]:
        """Call step(number, first, last) for all spans in all threads; per span, steps in order.

        Returns the CPU seconds of each step, summed over spans.
        """
        numbers = iter(range(len(spans)))  # all threads take from it

        def work() -> list[float]:
            seconds = [0.0] * len(steps)
            for number in numbers:
                for i, step in enumerate(steps):
                    started = time.thread_time()
                    step(number, *spans[number])
                    seconds[i] += time.thread_time() - started
            return seconds

        others = [self._pool.submit(work) for _ in range(self.threads - 1)]
        try:
            own = work()
        finally:  # no thread may still run when the next frame begins
            wait(others)
        return [sum(times) for times in zip(own, *(o.result() for o in others), strict=True)]


def equal_spans(count: int, parts: int) -> list[Span]:
    """Split the range 0 to `count` into at most `parts` non-empty spans of about equal length."""
    return _spans(np.linspace(0, count, parts + 1).astype(np.int64))


def even_spans(starts: Counts, tiles: Span, entries: int) -> list[Span]:
    """Split tiles into spans of about `entries` list entries each, but at least one tile."""
    first, last = tiles
    inner = np.arange(starts[first] + entries, starts[last], entries)
    return _spans(np.array([first, *(first + np.searchsorted(starts[first:last], inner)), last]))


def _spans(bounds: Counts) -> list[Span]:
    return list(itertools.pairwise(np.unique(bounds).tolist()))
