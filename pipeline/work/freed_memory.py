"""Large blocks of freed memory go back to the system at once, on Linux with glibc.

Once a program frees a large block, glibc keeps the next ones of that size for reuse: its threshold
rises up to 32 MB. Pictures and Gaussians of changing sizes then leave gaps that fit nothing, and a
process that needs 480 MB grows to 720 MB over a few photos.
"""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
# Smaller ones, such as maps of the grid's 768 x 768 cells, are faster to reuse.
_LARGE_BYTES = 4 << 20


def return_freed_memory() -> None:
    """From now on, give blocks of 4 MB or more back to the system when they are freed."""
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)  # a fixed threshold no longer rises
    mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
