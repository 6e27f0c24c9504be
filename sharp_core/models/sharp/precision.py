"""The number format of the network on a device, and the torch settings that it needs.

scripts/bench_network.py measures the errors of positions and covariances against float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from schemas.choices import DType

_DTYPES = {
    DType.FP32: torch.float32,
    DType.TF32: torch.float32,
    DType.BF16: torch.bfloat16,
    DType.FP16: torch.float16,
}


def resolve_precision(asked: DType, device: torch.device) -> DType:
    """Return the precision to use on `device` for `asked`; never AUTO."""
    if asked != DType.AUTO:
        return asked
    has_bf16 = {
        "cuda": lambda: torch.cuda.is_bf16_supported(including_emulation=False),
        "cpu": _cpu_has_bf16,
    }.get(device.type, lambda: False)
    return DType.BF16 if has_bf16() else DType.FP32


def dtype_of(precision: DType) -> torch.dtype:
    """Return the dtype of the network's weights."""
    return _DTYPES[precision]


@contextmanager
def torch_precision(precision: DType) -> Iterator[None]:
    """Turn TF32 on or off for all CUDA operations inside: torch's default is a mix of both.

    Inside, a CPU flushes denormal numbers (below 1e-38) to zero: the tails of softmax and GELU
    contain many of them, and arithmetic with them is many times slower. Threads that torch starts
    inside keep this setting.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        matmul.allow_tf32 = cudnn.allow_tf32 = precision == DType.TF32
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_flush_denormal(False)
        matmul.allow_tf32, cudnn.allow_tf32 = before


def _cpu_has_bf16() -> bool:
    """Return whether the CPU has bfloat16 instructions. Without them bf16 is six times slower."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
