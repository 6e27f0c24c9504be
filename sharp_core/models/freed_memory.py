"""Whether large blocks of freed memory go back to the system or are kept, on Linux with glibc.

A setting is the whole process's, and replaces the one before. Without any, once a program frees a
large block, glibc keeps the next ones of that size for reuse: its threshold rises up to 32 MB.
Pictures and Gaussians of changing sizes then leave gaps that fit nothing, and a process that needs
480 MB grows to 720 MB over a few photos.
"""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
# Smaller ones, such as maps of the grid's 768 x 768 cells, are faster to reuse.
_LARGE_BYTES = 4 << 20
_LARGEST_REUSED = 32 << 20  # bytes; the most that glibc accepts
_KEPT = 512 << 20  # bytes


def return_freed_memory() -> None:
    """From now on, give blocks of 4 MB or more back to the system when they are freed."""
    _set_thresholds(_LARGE_BYTES, _LARGE_BYTES)


def reuse_freed_memory() -> None:
    """Keep freed blocks of up to 32 MB for the next map of a large network.

    The system clears each page of new memory. For the maps of one photo, 3 million pages, this
    takes a fifth of the time of `sharp`, and more while other processes work.
    """
    _set_thresholds(_LARGEST_REUSED, _KEPT)


def _set_thresholds(mapped: int, trimmed: int) -> None:
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, mapped)  # a fixed threshold no longer rises
        mallopt(_M_TRIM_THRESHOLD, trimmed)
