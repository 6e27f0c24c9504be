"""Read the PLY of 3D Gaussian Splatting to Gaussians.

Properties may have any order, type and byte order, in binary or text encoding. Harmonics above
degree 0 are dropped. The elements that the published SHARP tool adds are read if present. Packed
files of PlayCanvas are read by `compressed.py`.
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

from schemas.errors import FormatError
from sharp_core.formats.ply.compressed import is_compressed, read_compressed
from sharp_core.formats.ply.header import (
    Element,
    Encoding,
    Header,
    check_remaining_size,
    read_header,
    row_dtype,
)
from sharp_core.formats.ply.write import VERTEX_PROPERTIES
from sharp_core.formats.scene import SceneInfo, StoredScene, scene_info_from_file, validated_scene
from sharp_core.formats.values import (
    log_to_scales,
    logits_to_opacities,
    sh0_to_colors,
    unit_quats,
)
from sharp_core.scene.gaussians import Gaussians

_BLOCK_ROWS = 1 << 16

# Elements that describe the photo, and their number of rows. With another number they are ignored.
_INFO_ROWS = {"intrinsic": 9, "image_size": 2, "color_space": 1}

_LINEAR_COLORS = 1


def read_ply(file: BinaryIO) -> StoredScene:
    """Read a scene from a seekable file. Raises FormatError if it is damaged or not a splat PLY."""
    header = read_header(file)
    if is_compressed(header):
        return read_compressed(file, header)
    # The colour space comes after the vertices, so the vertices are read last.
    vertex, vertex_start = None, 0
    info: dict[str, npt.NDArray[np.float64]] = {}
    for element in header.elements:
        if element.has_lists:
            break  # lists cannot be skipped, and no element that we need follows them
        check_remaining_size(file, header.encoding, element)
        if element.name == "vertex":
            vertex, vertex_start = element, file.tell()
        if _INFO_ROWS.get(element.name) == element.rows and len(element.properties) == 1:
            rows = np.concatenate(list(_read_rows(file, header.encoding, element)))
            with np.errstate(invalid="ignore"):  # NaN is reported later
                info[element.name] = rows[element.properties[0].name].astype(np.float64)
        else:
            _skip_rows(file, header.encoding, element)
    if vertex is None:
        raise FormatError("it has no vertices, or lists in them or before them")
    linear = "color_space" in info and info["color_space"][0] == _LINEAR_COLORS
    file.seek(vertex_start)
    gaussians = _read_gaussians(file, header.encoding, vertex, linear=linear)
    return validated_scene(gaussians, _scene_info(header, info), header.sh_degree())


def _read_gaussians(
    file: BinaryIO, encoding: Encoding, vertex: Element, *, linear: bool
) -> Gaussians:
    missing = set(VERTEX_PROPERTIES) - {known.name for known in vertex.properties}
    if missing:
        raise FormatError(f"its vertices are not Gaussians: they lack {', '.join(sorted(missing))}")
    count = vertex.rows
    if count == 0:
        raise FormatError("it holds no Gaussians")
    gaussians = Gaussians(
        means=torch.empty(count, 3),
        quats=torch.empty(count, 4),
        scales=torch.empty(count, 3),
        opacities=torch.empty(count),
        colors=torch.empty(count, 3),
    )
    start = 0
    for rows in _read_rows(file, encoding, vertex):
        block = slice(start, start + len(rows))
        start = block.stop
        gaussians.means[block] = _columns(rows, ("x", "y", "z"))
        sh0 = _columns(rows, ("f_dc_0", "f_dc_1", "f_dc_2"))
        gaussians.colors[block] = sh0_to_colors(sh0, linear=linear)
        gaussians.opacities[block] = logits_to_opacities(_columns(rows, ("opacity",))[:, 0])
        logs = _columns(rows, ("scale_0", "scale_1", "scale_2"))
        gaussians.scales[block] = log_to_scales(logs)
        quats = _columns(rows, ("rot_0", "rot_1", "rot_2", "rot_3"))
        gaussians.quats[block] = unit_quats(quats)
    return gaussians


def _columns(rows: npt.NDArray[np.void], names: tuple[str, ...]) -> Tensor:
    """Return the named properties as a tensor (N, len(names))."""
    columns = np.empty((len(rows), len(names)), dtype=np.float32)
    # A double that overflows float32 becomes infinite, and is reported later.
    with np.errstate(over="ignore", invalid="ignore"):
        for index, name in enumerate(names):
            columns[:, index] = rows[name]
    return torch.from_numpy(columns)


def _read_rows(
    file: BinaryIO, encoding: Encoding, element: Element
) -> Iterator[npt.NDArray[np.void]]:
    """Yield the rows of an element in blocks, as structured arrays."""
    dtype = row_dtype(encoding, element)
    for start in range(0, element.rows, _BLOCK_ROWS):
        count = min(_BLOCK_ROWS, element.rows - start)
        if encoding == "ascii":
            yield _parse_lines(file, element, count)
        else:
            yield np.frombuffer(file.read(count * dtype.itemsize), dtype=dtype)


def _parse_lines(file: BinaryIO, element: Element, count: int) -> npt.NDArray[np.void]:
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


def _skip_rows(file: BinaryIO, encoding: Encoding, element: Element) -> None:
    if encoding == "ascii":
        for _ in itertools.islice(file, element.rows):
            pass
    else:
        file.seek(element.rows * row_dtype(encoding, element).itemsize, os.SEEK_CUR)


def _scene_info(header: Header, info: dict[str, npt.NDArray[np.float64]]) -> SceneInfo | None:
    if "intrinsic" not in info or "image_size" not in info:
        return None
    width, height = info["image_size"]
    return scene_info_from_file(
        focal_px=float(info["intrinsic"][0]),
        width=float(width),
        height=float(height),
        photo_id=header.comment("photo_id"),
        generator=header.comment("generator"),
    )
