"""Read compressed.ply, the packed PLY of PlayCanvas and SuperSplat, to Gaussians. No writer.

Format: the published engine and editor (developer.playcanvas.com, "PLY"). Gaussians come in
chunks of 256. The element `chunk` holds the least and greatest value of each quantity within it;
`vertex` holds four 32-bit words a Gaussian, fractions of those ranges:

    packed_position, packed_scale   11 + 10 + 11 bits, x highest; scales are natural logarithms
    packed_rotation                 2 bits for the largest of w x y z, 10 bits for the other three
    packed_color                    8 bits each: sRGB, then opacity from 0 to 1
"""

from __future__ import annotations

import math
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.ply.header import Element, Header
from sharp_core.formats.ply.rows import Rows, check_remaining_size, row_dtype, skip_rows
from sharp_core.formats.scene import StoredScene, valid_scene
from sharp_core.formats.values import log_to_scales, rebuild_quats
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians

CHUNK = 256

_WORDS = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
_POSITION_BITS = (11, 10, 11)
_ROTATION_BITS = (2, 10, 10, 10)
_COLOR_BITS = (8, 8, 8, 8)


def is_compressed(header: Header) -> bool:
    """Return whether a PLY is a compressed one."""
    vertex = header.element("vertex")
    return vertex is not None and _has(vertex, _WORDS)


def read_compressed(file: BinaryIO, header: Header) -> StoredScene:
    """Read a scene from just after the header. Raises FormatError if the file is damaged."""
    tables: dict[str, Rows] = {}
    for element in header.elements:
        if header.encoding == "ascii":
            raise FormatError("a compressed PLY is binary")
        check_remaining_size(file, header.encoding, element)
        if element.name in ("chunk", "vertex") and not element.has_lists:
            dtype = row_dtype(header.encoding, element)
            tables[element.name] = np.frombuffer(file.read(element.rows * dtype.itemsize), dtype)
        else:
            skip_rows(file, header.encoding, element)
    if tables.keys() != {"chunk", "vertex"}:
        raise FormatError("a compressed PLY needs the elements 'chunk' and 'vertex', without lists")
    return valid_scene(_decode(tables["chunk"], tables["vertex"]), None, header.sh_degree())


def _decode(chunks: Rows, vertices: Rows) -> Gaussians:
    count = len(vertices)
    if count == 0:
        raise FormatError("it holds no Gaussians")
    if len(chunks) != math.ceil(count / CHUNK):
        raise FormatError(f"{len(chunks)} chunks of {CHUNK} do not fit {count} Gaussians")
    position = _unpack(vertices["packed_position"], _POSITION_BITS)
    scale = _unpack(vertices["packed_scale"], _POSITION_BITS)
    color = _unpack(vertices["packed_color"], _COLOR_BITS)
    means = _within(position, chunks, ("x", "y", "z"))
    logs = _within(scale, chunks, ("scale_x", "scale_y", "scale_z"))
    srgb = color[:, :3]
    if "min_r" in (chunks.dtype.names or ()):  # files before 2024 have no colour range
        srgb = _within(srgb, chunks, ("r", "g", "b"))
    rotation = vertices["packed_rotation"]
    others = (_unpack(rotation, _ROTATION_BITS)[:, 1:] - 0.5) * math.sqrt(2)
    largest = torch.from_numpy((rotation >> 30).astype(np.int64))
    return Gaussians(
        means,
        rebuild_quats(largest, others),
        log_to_scales(logs),
        color[:, 3].contiguous(),
        srgb_to_linear(srgb),
    )


def _unpack(words: npt.NDArray[np.uint32], bits: tuple[int, ...]) -> Tensor:
    """Return bit fields as fractions in [0, 1], (N, len(bits)), from the highest bits down."""
    fractions = np.empty((len(words), len(bits)), dtype=np.float32)
    shift = 32
    for column, width in enumerate(bits):
        shift -= width
        most = (1 << width) - 1
        fractions[:, column] = ((words >> shift) & most) / np.float32(most)
    return torch.from_numpy(fractions)


def _within(fractions: Tensor, chunks: Rows, names: tuple[str, ...]) -> Tensor:
    """Return values (N, 3): fractions of the range that each chunk has for `names`."""
    ends = []
    for end in ("min", "max"):
        columns = [f"{end}_{name}" for name in names]
        missing = [column for column in columns if column not in (chunks.dtype.names or ())]
        if missing:
            raise FormatError(f"the element 'chunk' lacks {', '.join(missing)}")
        values = np.stack([chunks[column].astype(np.float32) for column in columns], axis=1)
        ends.append(torch.from_numpy(np.repeat(values, CHUNK, axis=0)[: len(fractions)]))
    least, most = ends
    return least + fractions * (most - least)


def _has(element: Element, names: tuple[str, ...]) -> bool:
    return set(names) <= {known.name for known in element.properties}
