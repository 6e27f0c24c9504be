"""Accessors of a glTF -> arrays of float32, whatever types they store; sparse ones too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.errors import FormatError
from sharp_core.formats.glb import layout
from sharp_core.formats.glb.buffers import Buffers
from sharp_core.formats.glb.document import Document, JsonObject, an_object, natural
from sharp_core.formats.limits import check_plausible

Floats = npt.NDArray[np.float32]


class _Stored(NamedTuple):
    """How an accessor stores its numbers."""

    rows: int
    width: int
    numpy_type: np.dtype[np.generic]
    divisor: float  # 1 where numbers are stored as they are


class Accessors:
    """The accessors of one document."""

    def __init__(self, document: Document) -> None:
        """Take the document."""
        self._document = document
        self.buffers = Buffers(document)

    def count(self, index: int) -> int:
        """Return the number of rows."""
        return natural(self._document.entry("accessors", index), "count")

    def read(self, index: int, widths: tuple[int, ...]) -> Floats:
        """Return the rows (count, one of `widths`). Raises FormatError if they are not there."""
        accessor = self._document.entry("accessors", index)
        stored = _stored(accessor, index)
        if stored.width not in widths:
            raise FormatError(f"its accessor {index} has {stored.width} numbers a row")
        if "bufferView" in accessor:
            start = natural(accessor, "byteOffset", 0)
            codes = self._rows(natural(accessor, "bufferView"), start, stored)
        else:
            check_plausible(stored.rows, self.buffers.bytes_available)
            codes = np.zeros((stored.rows, stored.width), stored.numpy_type)
        if "sparse" in accessor:
            codes = self._with_sparse(codes, an_object(accessor, "sparse"), stored)
        values = codes.astype(np.float32)
        if stored.divisor != 1:
            # The most negative integer stands for -1 too.
            values = np.maximum(values / np.float32(stored.divisor), np.float32(-1))
        return values

    def _rows(self, view_index: int, start: int, stored: _Stored) -> npt.NDArray[np.generic]:
        """Return a view of the rows in their buffer."""
        view = self.buffers.view(view_index)
        packed = stored.width * stored.numpy_type.itemsize
        entry = self._document.entry("bufferViews", view_index)
        stride = natural(entry, "byteStride", packed)
        end = start + (stored.rows - 1) * stride + packed if stored.rows else start
        if stride < packed or end > len(view):
            raise FormatError(f"its buffer view {view_index} is too short for its accessor")
        return np.ndarray(
            (stored.rows, stored.width),
            stored.numpy_type,
            view,
            start,
            (stride, stored.numpy_type.itemsize),
        )

    def _with_sparse(
        self, codes: npt.NDArray[np.generic], sparse: JsonObject, stored: _Stored
    ) -> npt.NDArray[np.generic]:
        """Return the rows with those replaced that a sparse accessor lists."""
        count = natural(sparse, "count")
        of_indices, of_values = an_object(sparse, "indices"), an_object(sparse, "values")
        numpy_type, _ = _component(of_indices)
        if numpy_type.kind != "u":
            raise FormatError("a sparse accessor has indices that are no whole numbers")
        indices = self._rows(
            natural(of_indices, "bufferView"),
            natural(of_indices, "byteOffset", 0),
            _Stored(count, 1, numpy_type, 1.0),
        )[:, 0]
        values = self._rows(
            natural(of_values, "bufferView"),
            natural(of_values, "byteOffset", 0),
            stored._replace(rows=count),
        )
        if count and int(indices.max()) >= stored.rows:
            raise FormatError("a sparse accessor has an index beyond its rows")
        replaced = codes.copy()
        replaced[indices] = values
        return replaced


def _stored(accessor: JsonObject, index: int) -> _Stored:
    numpy_type, divisor = _component(accessor)
    width = layout.WIDTHS.get(str(accessor.get("type")))
    if width is None:
        raise FormatError(f"its accessor {index} has a type that Gaussians have not")
    is_normalized = accessor.get("normalized") is True
    return _Stored(natural(accessor, "count"), width, numpy_type, divisor if is_normalized else 1.0)


def _component(owner: JsonObject) -> tuple[np.dtype[np.generic], float]:
    kind = natural(owner, "componentType")
    if kind not in layout.COMPONENTS:
        raise FormatError(f"it has numbers of the type {kind}, which glTF does not know")
    name, divisor = layout.COMPONENTS[kind]
    return np.dtype(name), divisor
