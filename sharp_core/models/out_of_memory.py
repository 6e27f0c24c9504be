"""Detect out-of-memory errors of Python and torch, without importing torch."""

from __future__ import annotations

# Messages of CUDA and MPS, of the CPU allocator on Linux and Windows, of cuBLAS and cuDNN.
_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` means that memory ran out."""
    # torch's class is compared by name: workers that only decode never import torch.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    message = str(error)
    return any(words in message for words in _WORDS)
