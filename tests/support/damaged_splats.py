"""Damaged splat files, for tests of their readers."""

from __future__ import annotations

import random

_NUMBERS = [b"-1", b"0", b"1e999", b"99999999999", b"NaN", b"null", b"[]", b'""', b"\xff\xfe"]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return the content with one to four things changed."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        # Headers decide more than what follows them: every second change is in the first bytes.
        reach = rng.choice((min(len(data), 120), len(data)))
        at = rng.randrange(max(1, reach))
        match rng.randrange(7):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at:]
            case 2:
                del data[at : at + rng.randint(1, 40)]
            case 3:
                data[at:at] = rng.randbytes(rng.randint(1, 40))
            case 4:
                value = rng.choice((0, 1, 127, 255, 65535, 2**31 - 1, 2**32 - 1))
                data[at : at + 4] = value.to_bytes(4, "little")
            case 5:
                data[at:at] = rng.choice(_NUMBERS)
            case 6:
                data[at : at + 16] = bytes([rng.choice((0, 255))]) * 16
    return bytes(data)
