from __future__ import annotations

import heapq
import itertools

import numpy as np
import pytest

from sharp_core.formats.sog.webp.loops import CODE_SHIFT
from sharp_core.formats.sog.webp.prefix_codes import codes_of, describe, lengths_of


def least_bits(counts: list[int]) -> int:
    """Return the bits of all symbols in Huffman's code."""
    nodes, bits = [count for count in counts if count], 0
    heapq.heapify(nodes)
    while len(nodes) > 1:
        node = heapq.heappop(nodes) + heapq.heappop(nodes)
        bits += node
        heapq.heappush(nodes, node)
    return bits


def bits_of(lengths: np.ndarray) -> list[str]:
    """Return the codes, first bit first."""
    entries = [(int(e) >> CODE_SHIFT, int(e) & 31) for e in codes_of(lengths)]
    return [f"{code:0{count}b}"[::-1] for code, count in entries if count]


def test_codes_are_as_short_as_huffmans() -> None:
    rng = np.random.default_rng(0)
    for size in (2, 3, 19, 256, 1304):
        counts = rng.integers(0, 50, size).astype(np.int32)
        counts[:2] = 1
        assert int(lengths_of(counts) @ counts) == least_bits(counts.tolist())


@pytest.mark.parametrize("longest", [7, 15])
def test_lengths_have_a_limit_and_leave_no_gap(longest: int) -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 19:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    lengths = lengths_of(np.array(fibonacci, np.int32), longest)
    assert lengths.max() <= longest
    assert sum(2.0 ** -int(length) for length in lengths) == 1


def test_no_code_begins_another() -> None:
    codes = bits_of(lengths_of(np.arange(1, 200, dtype=np.int32)))
    assert len(set(codes)) == 199
    ordered = sorted(codes)
    assert not any(b.startswith(a) for a, b in itertools.pairwise(ordered))


def test_shorter_codes_come_first_and_then_lower_symbols() -> None:
    # The example of RFC 1951, section 3.2.2, whose canonical codes these are.
    lengths = np.array([3, 3, 3, 3, 3, 2, 4, 4], np.uint8)
    assert bits_of(lengths) == ["010", "011", "100", "101", "110", "00", "1110", "1111"]


@pytest.mark.parametrize("symbols", [[], [0], [1], [200], [3, 250]])
def test_one_or_two_symbols_take_few_bits(symbols: list[int]) -> None:
    counts = np.zeros(256, np.int32)
    counts[symbols] = 5
    lengths = lengths_of(counts)
    assert sum(e & 31 for e in describe(lengths)) <= 19
    assert len(bits_of(lengths)) == (2 if len(symbols) == 2 else 0)
