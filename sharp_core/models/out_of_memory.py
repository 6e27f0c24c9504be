"""Telling want of memory from other errors, without importing torch."""

from __future__ import annotations

# Of CUDA and MPS, of the CPU's allocator on Linux and on Windows, of cuBLAS and cuDNN.
_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether `error` is one of the ways in which Python and torch say so."""
    # torch's own class is known by its name: workers that only decode never import it.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    message = str(error)
    return any(words in message for words in _WORDS)
