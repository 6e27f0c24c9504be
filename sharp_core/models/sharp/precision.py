"""Which number format the network runs in on a device, and making torch keep to it.

Errors against float32, of positions and covariances: see scripts/bench_network.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

Precision = Literal[
    "auto",  # the fastest that is known to be safe on the device: bf16, or else fp32
    "fp32",  # float32 throughout
    "tf32",  # float32, whose matrix products a CUDA device rounds to 10 bits as they go in
    "bf16",  # bfloat16 with sums in float32; the last layers in float32
    "fp16",  # float16 likewise; overflows beyond 65504
]

_DTYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def resolve_precision(asked: Precision, device: torch.device) -> Precision:
    """Return what to use for `asked` on `device`: anything but "auto"."""
    if asked != "auto":
        return asked
    has_bf16 = {
        "cuda": lambda: torch.cuda.is_bf16_supported(including_emulation=False),
        "cpu": _cpu_has_bf16,
    }.get(device.type, lambda: False)
    return "bf16" if has_bf16() else "fp32"


def dtype_of(precision: Precision) -> torch.dtype:
    """Return the type that the network's matrices are kept in."""
    return _DTYPES[precision]


@contextmanager
def keep_to(precision: Precision) -> Iterator[None]:
    """Let CUDA round float32 to TF32 inside, or not at all: torch's own default is in between.

    A CPU takes denormal numbers, below 1e-38, for zero inside: the far tails of softmax and GELU
    are full of them, and arithmetic with them is many times slower. Threads that torch starts
    inside do so ever after.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        matmul.allow_tf32 = cudnn.allow_tf32 = precision == "tf32"
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_flush_denormal(False)
        matmul.allow_tf32, cudnn.allow_tf32 = before


def _cpu_has_bf16() -> bool:
    """Say whether the processor multiplies bfloat16 itself: elsewhere it is six times slower."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
