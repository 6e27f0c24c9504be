"""Prefix codes of lossless WebP: canonical ones of 15 bits at most. RFC 9649, section 6.2.1.

A code and its number of bits are one number, an entry; the first bit of a code is its lowest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import int64, uint8, uint32

from sharp_core.formats.sog.webp.loops import CODE_SHIFT
from sharp_core.numba_compile import compiled

Lengths = npt.NDArray[np.uint8]  # bits of each symbol; 0 for those that do not occur
Entries = list[int]

_LONGEST, _LONGEST_OF_LENGTHS = 15, 7
_ORDER = np.array((17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))


def entry(bits: int, count: int) -> int:
    """Return the entry of `count` bits."""
    return bits << CODE_SHIFT | count


def lengths_of(counts: npt.NDArray[np.int32], longest: int = _LONGEST) -> Lengths:
    """Return the lengths of the codes of symbols that occur so often."""
    lengths = np.zeros(len(counts), np.uint8)
    used = counts.nonzero()[0]
    used = used[counts[used].argsort(kind="stable")]
    lengths[used] = _huffman(counts[used].astype(np.int64), longest) if len(used) > 1 else 1
    return lengths


@compiled(int64[::1], int64)
def _huffman(weights: npt.NDArray[np.int64], longest: int) -> npt.NDArray[np.int64]:
    """Return the lengths of codes of two or more positive weights, which ascend.

    While a code is longer than `longest`, weights are halved: they differ less then.
    """
    count = len(weights)
    nodes, parents = np.empty(2 * count, np.int64), np.empty(2 * count, np.int64)
    depths = np.zeros(2 * count, np.int64)
    for i in range(count):  # a slice would take seconds to compile
        nodes[i] = weights[i]
    root = 2 * count - 2
    depths[0] = longest + 1
    while depths[0] > longest:
        leaf, inner = 0, count
        for node in range(count, root + 1):
            nodes[node] = 0
            for _ in range(2):
                if leaf < count and (inner == node or nodes[leaf] <= nodes[inner]):
                    child, leaf = leaf, leaf + 1
                else:
                    child, inner = inner, inner + 1
                nodes[node] += nodes[child]
                parents[child] = node
        depths[root] = 0
        for node in range(root - 1, -1, -1):
            depths[node] = depths[parents[node]] + 1
        for leaf in range(count):
            nodes[leaf] = (nodes[leaf] + 1) >> 1
    return depths[:count]


@compiled(uint8[::1], uint32[::1])
def _assign_codes(lengths: Lengths, entries: npt.NDArray[np.uint32]) -> None:
    """Write the entries of canonical codes: shorter ones first, then by symbol."""
    following = 0  # the next code, as the first of 15 bits
    for length in range(1, _LONGEST + 1):
        for symbol in range(len(lengths)):
            if lengths[symbol] != length:
                continue
            code = 0
            for place in range(length):
                code |= ((following >> (_LONGEST - 1 - place)) & 1) << place
            entries[symbol] = (code << CODE_SHIFT) | length
            following += 1 << (_LONGEST - length)


def codes_of(lengths: Lengths) -> npt.NDArray[np.uint32]:
    """Return the entries of the codes of all symbols. An only symbol has no bits."""
    entries = np.zeros(len(lengths), np.uint32)
    if np.count_nonzero(lengths) > 1:
        _assign_codes(lengths, entries)
    return entries


def describe(lengths: Lengths) -> Entries:
    """Return the entries that tell a reader the lengths."""
    used = lengths.nonzero()[0].tolist() or [0]
    if len(used) <= 2 and used[-1] < 256:
        is_byte = used[0] > 1
        entries = [entry(1, 1), entry(len(used) - 1, 1), entry(is_byte, 1)]
        return [*entries, entry(used[0], 8 if is_byte else 1), *(entry(u, 8) for u in used[1:])]
    symbols, extra = _shortened(lengths)
    counts = np.bincount(symbols, minlength=len(_ORDER)).astype(np.int32)
    of_lengths = lengths_of(counts, _LONGEST_OF_LENGTHS)
    told = of_lengths[_ORDER].tolist()
    while len(told) > 4 and told[-1] == 0:
        told.pop()
    entries = [entry(0, 1), entry(len(told) - 4, 4), *(entry(length, 3) for length in told)]
    entries.append(entry(0, 1))  # all symbols of the alphabet follow
    return entries + np.column_stack((codes_of(of_lengths)[symbols], extra)).ravel().tolist()


@compiled(uint8[::1])
def _shortened(lengths: Lengths) -> tuple[Lengths, npt.NDArray[np.uint32]]:
    """Return lengths with zeros in a row as one symbol, and entries of the symbols' extra bits."""
    symbols = np.zeros(len(lengths), np.uint8)
    extra = np.zeros(len(lengths), np.uint32)
    count = at = 0
    while at < len(lengths):
        end = at
        while end < len(lengths) and end - at < 138 and lengths[end] == 0:
            end += 1
        zeros = end - at
        if zeros >= 11:
            symbols[count], extra[count] = 18, ((zeros - 11) << CODE_SHIFT) | 7
        elif zeros >= 3:
            zeros = min(zeros, 10)
            symbols[count], extra[count] = 17, ((zeros - 3) << CODE_SHIFT) | 3
        else:
            zeros = 1
            symbols[count] = lengths[at]
        at += zeros
        count += 1
    return symbols[:count], extra[:count]
