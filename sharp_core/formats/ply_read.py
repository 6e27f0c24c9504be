"""PLY of 3D Gaussian Splatting -> Gaussians.

Properties may come in any order, type and byte order, with harmonics of any degree or none, as
binary or as text. The elements of the published SHARP tool are used where they are; the packed
files of PlayCanvas are handed to `compressed_ply`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sharp_core.formats.compressed_ply import is_compressed, read_compressed
from sharp_core.formats.errors import FormatError
from sharp_core.formats.ply_header import (
    Element,
    Encoding,
    Header,
    check_size,
    read_header,
    row_dtype,
)
from sharp_core.formats.ply_write import VERTEX_PROPERTIES
from sharp_core.formats.scene import SceneInfo, StoredScene, checked_scene, info_of_file
from sharp_core.formats.values import (
    log_to_scales,
    logits_to_opacities,
    sh0_to_colors,
    unit_quats,
)
from sharp_core.gaussians import COLUMNS, Gaussians

_BLOCK_ROWS = 1 << 16

# The elements that describe the photo, and their rows; one with other rows is some other tool's.
_INFO_ROWS = {"intrinsic": 9, "image_size": 2, "color_space": 1}

_LINEAR_COLORS = 1


def read_ply(file: BinaryIO) -> StoredScene:
    """Read a scene from a seekable file. Raises FormatError if it is damaged or another PLY."""
    header = read_header(file)
    if is_compressed(header):
        return read_compressed(file, header)
    columns: npt.NDArray[np.float32] | None = None
    info: dict[str, npt.NDArray[np.float64]] = {}
    for element in header.elements:
        if element.has_lists:
            if columns is None:
                raise FormatError("its vertices, or what precedes them, have lists")
            break  # rows of unequal length cannot be skipped, and nothing of ours follows them
        check_size(file, header.encoding, element)
        if element.name == "vertex":
            columns = _read_vertices(file, header.encoding, element)
        elif _INFO_ROWS.get(element.name) == element.rows and len(element.properties) == 1:
            rows = np.concatenate(list(_read_rows(file, header.encoding, element)))
            info[element.name] = rows[element.properties[0].name].astype(np.float64)
        else:
            _skip_rows(file, header.encoding, element)
    if columns is None:
        raise FormatError("it has no vertices")
    linear = "color_space" in info and info["color_space"][0] == _LINEAR_COLORS
    gaussians = _decode(torch.from_numpy(columns), linear=linear)
    return checked_scene(gaussians, _scene_info(header, info), header.sh_degree())


def _read_vertices(file: BinaryIO, encoding: Encoding, element: Element) -> npt.NDArray[np.float32]:
    """Return an (N, 14) array in the order of VERTEX_PROPERTIES, values as stored."""
    names = {known.name for known in element.properties}
    missing = [name for name in VERTEX_PROPERTIES if name not in names]
    if missing:
        raise FormatError(f"its vertices are not Gaussians: they lack {', '.join(missing)}")
    if element.rows == 0:
        raise FormatError("it holds no Gaussians")
    columns = np.empty((element.rows, COLUMNS), dtype=np.float32)
    start = 0
    for rows in _read_rows(file, encoding, element):
        target = columns[start : start + len(rows)]
        # A double too large for a float32 becomes infinite, which is reported as such later.
        with np.errstate(over="ignore"):
            for index, name in enumerate(VERTEX_PROPERTIES):
                target[:, index] = rows[name]
        start += len(rows)
    return columns


def _read_rows(
    file: BinaryIO, encoding: Encoding, element: Element
) -> Iterator[npt.NDArray[np.void]]:
    """Yield the rows of an element as structured arrays, a block at a time."""
    dtype = row_dtype(encoding, element)
    for start in range(0, element.rows, _BLOCK_ROWS):
        count = min(_BLOCK_ROWS, element.rows - start)
        if encoding == "ascii":
            yield _parse_lines(file, element, count)
        else:
            yield np.frombuffer(file.read(count * dtype.itemsize), dtype=dtype)


def _parse_lines(file: BinaryIO, element: Element, count: int) -> npt.NDArray[np.void]:
    """Return `count` rows of text as doubles, which hold every number that PLY has."""
    names = [known.name for known in element.properties]
    words = b" ".join(itertools.islice(file, count)).split()
    if len(words) != count * len(names):
        raise FormatError(f"a row of the element {element.name!r} is not {len(names)} numbers")
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError:
        raise FormatError(f"a value of the element {element.name!r} is not a number") from None
    return values.view([(name, "f8") for name in names])


def _skip_rows(file: BinaryIO, encoding: Encoding, element: Element) -> None:
    if encoding == "ascii":
        for _ in itertools.islice(file, element.rows):
            pass
    else:
        file.seek(element.rows * row_dtype(encoding, element).itemsize, os.SEEK_CUR)


def _decode(stored: Tensor, *, linear: bool) -> Gaussians:
    """Turn stored values (N, 14) into linear ones in place."""
    for block in stored.split(_BLOCK_ROWS):
        block[:, 3:6] = sh0_to_colors(block[:, 3:6], linear=linear)
        block[:, 6] = logits_to_opacities(block[:, 6])
        block[:, 7:10] = log_to_scales(block[:, 7:10])
        block[:, 10:14] = unit_quats(block[:, 10:14])
    means, colors, opacities, scales, quats = stored.split((3, 3, 1, 3, 4), dim=1)
    return Gaussians(means, quats, scales, opacities[:, 0], colors)


def _scene_info(header: Header, info: dict[str, npt.NDArray[np.float64]]) -> SceneInfo | None:
    if "intrinsic" not in info or "image_size" not in info:
        return None
    width, height = info["image_size"]
    return info_of_file(
        focal_px=float(info["intrinsic"][0]),
        width=float(width),
        height=float(height),
        photo_id=header.comment("photo_id"),
        generator=header.comment("generator"),
    )
