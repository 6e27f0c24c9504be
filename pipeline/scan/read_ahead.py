"""Work on files in order, with some files read ahead in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_THREADS = 8  # hashing and disks both run outside the interpreter's lock
_AHEAD = 32  # files; far enough ahead to keep the disk busy, near enough for its cache

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def read_ahead(
    work: Callable[[_In], _Out], items: Iterable[_In], most: int = _AHEAD
) -> Iterator[_Out]:
    """Yield `work` of each item in order; at most `most` items are processed ahead, in threads."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="read-ahead") as pool:
        ahead: deque[Future[_Out]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) >= most:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
