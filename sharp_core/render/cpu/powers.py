"""2^(8 x) by a polynomial, for loops that LLVM vectorises. It cannot vectorise a call of `exp`."""

from __future__ import annotations

from sharp_core.numba_compile import inlined
from sharp_core.render.cpu.layout import Value, f32

# Minimax polynomial 1 + P1 x + ... for 2^x on [-1, 0]. Its relative error is below 8e-8. Its eighth
# power covers exponents down to -8, log2 of the weakest alpha.
_ONE = f32(1)
_P1, _P2, _P3 = f32(0.693143721), f32(0.240180142), f32(0.0552973565)
_P4, _P5 = f32(0.00920579589), f32(0.000944902645)


@inlined
def power_of_256(x: Value) -> Value:
    """Return 2^(8 x) for a float32 from -1 to 0."""
    power = _ONE + x * (_P1 + x * (_P2 + x * (_P3 + x * (_P4 + x * _P5))))
    power *= power
    power *= power
    power *= power
    return power
