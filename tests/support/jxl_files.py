"""The start of JPEG XL codestreams, written bit by bit."""

from __future__ import annotations


def jxl_header(
    width: int, height: int, orientation: int | None = None, ratio: int = 0, *, small: bool = False
) -> bytes:
    """Signature, size and the fields up to the orientation, none of which means all defaults.

    With a `ratio`, the width follows from the height (ISO/IEC 18181-1, table D.2).
    """
    sizes = [] if ratio else [width]
    bits = f"{small:b}" + _size(height, small) + _number(ratio, 3)
    bits += "".join(_size(size, small) for size in sizes)
    bits += "1" if orientation is None else "01" + _number(orientation - 1, 3)
    bits += "0" * (-len(bits) % 8)
    return b"\xff\x0a" + int(bits[::-1], 2).to_bytes(len(bits) // 8, "little")


def _size(size: int, small: bool) -> str:
    if small:
        return _number(size // 8 - 1, 5)
    kind, count = next((n, c) for n, c in enumerate((9, 13, 18, 30)) if size <= 1 << c)
    return _number(kind, 2) + _number(size - 1, count)


def _number(value: int, count: int) -> str:
    """Digits in the order in which a reader takes them: the least significant first."""
    return f"{value:0{count}b}"[::-1]
