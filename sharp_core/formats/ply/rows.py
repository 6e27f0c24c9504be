"""The rows of a PLY element: how many bytes they take, reading them, and skipping them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from schemas.errors import FormatError
from sharp_core.formats.ply.header import Element, Encoding

_BLOCK_ROWS = 1 << 16

Rows = npt.NDArray[np.void]


def row_dtype(encoding: Encoding, element: Element) -> np.dtype[np.void]:
    """Return the packed dtype of one row without lists in a binary file."""
    order = _byte_order(encoding)
    return np.dtype([(known.name, order + known.numpy_type) for known in element.properties])


def check_remaining_size(file: BinaryIO, encoding: Encoding, element: Element) -> None:
    """Raise FormatError if the rest of the file is too short for the rows of `element`."""
    left = bytes_left(file)
    if encoding == "ascii":
        # At least a digit and a separator per value; the last separator may be missing.
        needed = element.rows * max(1, 2 * len(element.properties)) - 1
    else:  # a list may be empty, but says so
        sizes = [np.dtype(known.count_type or known.numpy_type) for known in element.properties]
        needed = element.rows * sum(size.itemsize for size in sizes)
    if needed > left:
        raise FormatError(
            f"it is cut short: {element.rows} rows of the element {element.name!r} "
            f"take {needed} bytes, and {left} are left"
        )


def bytes_left(file: BinaryIO) -> int:
    """Return the number of bytes from the file's position to its end."""
    position = file.tell()
    left = file.seek(0, os.SEEK_END) - position
    file.seek(position)
    return left


def read_rows(file: BinaryIO, encoding: Encoding, element: Element) -> Iterator[Rows]:
    """Yield the rows of an element without lists in blocks, as structured arrays."""
    dtype = row_dtype(encoding, element)
    for start in range(0, element.rows, _BLOCK_ROWS):
        count = min(_BLOCK_ROWS, element.rows - start)
        if encoding == "ascii":
            yield _parse_lines(file, element, count)
        else:
            yield np.frombuffer(file.read(count * dtype.itemsize), dtype=dtype)


def skip_rows(file: BinaryIO, encoding: Encoding, element: Element) -> None:
    """Move to the end of an element. Raises FormatError if a list is cut short."""
    if encoding == "ascii":
        for _ in itertools.islice(file, element.rows):
            pass
    elif element.has_lists:
        _skip_lists(file, encoding, element)
    else:
        file.seek(element.rows * row_dtype(encoding, element).itemsize, os.SEEK_CUR)


def _skip_lists(file: BinaryIO, encoding: Encoding, element: Element) -> None:
    """Move over rows of unequal length, list by list: tools write few of them beside splats."""
    order = _byte_order(encoding)
    end = file.tell() + bytes_left(file)
    parts = [
        (
            np.dtype(order + known.numpy_type),
            known.count_type and np.dtype(order + known.count_type),
        )
        for known in element.properties
    ]
    for _ in range(element.rows):
        for value, count in parts:
            length = 1
            if count:
                stored = file.read(count.itemsize)
                if len(stored) < count.itemsize:
                    raise FormatError(f"it is cut short in the element {element.name!r}")
                length = int(np.frombuffer(stored, count)[0])
            if length < 0 or file.seek(length * value.itemsize, os.SEEK_CUR) > end:
                raise FormatError(f"it is cut short in the element {element.name!r}")


def _byte_order(encoding: Encoding) -> str:
    return ">" if encoding == "binary_big_endian" else "<"


def _parse_lines(file: BinaryIO, element: Element, count: int) -> Rows:
    """Parse `count` rows of text as doubles, which represent every PLY number."""
    names = [known.name for known in element.properties]
    words = b" ".join(itertools.islice(file, count)).split()
    if len(words) != count * len(names):
        raise FormatError(f"a row of the element {element.name!r} is not {len(names)} numbers")
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError:
        raise FormatError(f"a value of the element {element.name!r} is not a number") from None
    return values.view([(name, "f8") for name in names])
