"""Read the PLY of 3D Gaussian Splatting to Gaussians.

Properties may have any order, type and byte order, in binary or text encoding. Harmonics above
degree 0 are dropped. Data of the photo are read from comments, or from the elements that the
published SHARP tool adds. Packed files of PlayCanvas are read by `compressed.py`.
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.ply.compressed import is_compressed, read_compressed
from sharp_core.formats.ply.header import Element, Header, read_header
from sharp_core.formats.ply.rows import (
    Rows,
    bytes_left,
    check_remaining_size,
    read_rows,
    row_dtype,
    skip_rows,
)
from sharp_core.formats.ply.write import PHOTO_COMMENT, VERTEX_PROPERTIES
from sharp_core.formats.scene import SceneInfo, StoredScene, scene_info_from_file, valid_scene
from sharp_core.formats.values import (
    SMALLEST_SCALE,
    log_to_scales,
    logits_to_opacities,
    sh0_to_colors,
    unit_quats,
)
from sharp_core.scene.colors import srgb_to_linear
from sharp_core.scene.gaussians import Gaussians

# Elements that describe the photo, and their number of rows. With another number they are ignored.
_INFO_ROWS = {"intrinsic": 9, "image_size": 2, "color_space": 1}

_LINEAR_COLORS = 1
_SH0 = ("f_dc_0", "f_dc_1", "f_dc_2")
_RGB = ("red", "green", "blue")
_SCALES = ("scale_0", "scale_1", "scale_2")

InfoElements = dict[str, npt.NDArray[np.float64]]


class _Layout(NamedTuple):
    """How the vertices of a file store Gaussians."""

    colors: tuple[str, ...]  # properties
    scales: tuple[str, ...]
    is_linear: bool  # f_dc encodes linear colours


def read_ply(file: BinaryIO) -> StoredScene:
    """Read a scene from a seekable file. Raises FormatError if it is damaged or not a splat PLY."""
    header = read_header(file)
    if is_compressed(header):
        return read_compressed(file, header)
    # The colour space comes after the vertices, so the vertices are read last.
    vertex, vertex_start = None, 0
    elements: InfoElements = {}
    for element in header.elements:
        check_remaining_size(file, header.encoding, element)
        if element.name == "vertex":
            vertex, vertex_start = element, file.tell()
        if _INFO_ROWS.get(element.name) == element.rows and _is_one_number(element):
            rows = np.concatenate(list(read_rows(file, header.encoding, element)))
            with np.errstate(invalid="ignore"):  # NaN is reported later
                elements[element.name] = rows[element.properties[0].name].astype(np.float64)
        else:
            skip_rows(file, header.encoding, element)
    if vertex is None or vertex.has_lists:
        raise FormatError("it has no vertices, or lists in them")
    notes = _surplus(file, header, vertex)
    linear = "color_space" in elements and elements["color_space"][0] == _LINEAR_COLORS
    layout = _layout(vertex, linear=linear)
    if len(layout.scales) < len(_SCALES):
        notes.append("its Gaussians are flat (2D Gaussian Splatting)")
    file.seek(vertex_start)
    gaussians = _read_gaussians(file, header, vertex, layout)
    info = _scene_info(header, elements, notes)
    return valid_scene(gaussians, info, header.sh_degree(), tuple(notes))


def _is_one_number(element: Element) -> bool:
    return len(element.properties) == 1 and not element.has_lists


def _surplus(file: BinaryIO, header: Header, vertex: Element) -> list[str]:
    """Return a note where a binary file goes on after what its header describes."""
    left = bytes_left(file)
    if left == 0 or header.encoding == "ascii":
        return []
    rows, rest = divmod(left, row_dtype(header.encoding, vertex).itemsize)
    said = f"its header says {vertex.rows:,} Gaussians; "
    if rest == 0 and header.elements[-1] is vertex:
        return [f"{said}the {rows:,} after them are left out"]
    return [f"{said}{left:,} bytes after its last element are left out"]


def _layout(vertex: Element, *, linear: bool) -> _Layout:
    names = {known.name for known in vertex.properties}
    colors = _RGB if set(_RGB) <= names and not set(_SH0) <= names else _SH0
    scales = _SCALES if _SCALES[2] in names else _SCALES[:2]
    needed = (set(VERTEX_PROPERTIES) - {*_SH0, _SCALES[2]}) | {*colors}
    missing = sorted(needed - names)
    if missing:
        raise FormatError(f"its vertices are not Gaussians: they lack {', '.join(missing)}")
    return _Layout(colors, scales, linear)


def _read_gaussians(file: BinaryIO, header: Header, vertex: Element, layout: _Layout) -> Gaussians:
    count = vertex.rows
    if count == 0:
        raise FormatError("it holds no Gaussians")
    gaussians = Gaussians(
        means=torch.empty(count, 3),
        quats=torch.empty(count, 4),
        scales=torch.full((count, 3), SMALLEST_SCALE),
        opacities=torch.empty(count),
        colors=torch.empty(count, 3),
    )
    start = 0
    for rows in read_rows(file, header.encoding, vertex):
        block = slice(start, start + len(rows))
        start = block.stop
        gaussians.means[block] = _columns(rows, ("x", "y", "z"))
        gaussians.colors[block] = _colors(rows, vertex, layout)
        gaussians.opacities[block] = logits_to_opacities(_columns(rows, ("opacity",))[:, 0])
        logs = _columns(rows, layout.scales)
        gaussians.scales[block, : len(layout.scales)] = log_to_scales(logs)
        quats = _columns(rows, ("rot_0", "rot_1", "rot_2", "rot_3"))
        gaussians.quats[block] = unit_quats(quats)
    return gaussians


def _colors(rows: Rows, vertex: Element, layout: _Layout) -> Tensor:
    stored = _columns(rows, layout.colors)
    if layout.colors == _SH0:
        return sh0_to_colors(stored, linear=layout.is_linear)
    types = {known.name: known.numpy_type for known in vertex.properties}
    is_byte = types[layout.colors[0]] == "u1"
    return srgb_to_linear(stored / 255 if is_byte else stored)


def _columns(rows: Rows, names: tuple[str, ...]) -> Tensor:
    """Return the named properties as a tensor (N, len(names))."""
    columns = np.empty((len(rows), len(names)), dtype=np.float32)
    # A double that overflows float32 becomes infinite, and is reported later.
    with np.errstate(over="ignore", invalid="ignore"):
        for index, name in enumerate(names):
            columns[:, index] = rows[name]
    return torch.from_numpy(columns)


def _scene_info(header: Header, elements: InfoElements, notes: list[str]) -> SceneInfo | None:
    """Return what the file says of its photo; what is not valid is left out, with a note."""
    try:
        numbers = _photo_comment(header) or _photo_elements(elements)
        if numbers is None:
            return None
        photo_id, generator = header.comment("photo_id"), header.comment("generator")
        return scene_info_from_file(*numbers, photo_id, generator)
    except FormatError as error:
        notes.append(f"what it says of its photo is left out: {error}")
        return None


def _photo_comment(header: Header) -> tuple[float, float, float] | None:
    """Return focal length, width and height of the comment that `write_ply` writes."""
    match (header.comment(PHOTO_COMMENT) or "").split():
        case ["focal_px", focal, "width", width, "height", height]:
            try:
                return float(focal), float(width), float(height)
            except ValueError:
                raise FormatError("its size or focal length is not a number") from None
    return None


def _photo_elements(elements: InfoElements) -> tuple[float, float, float] | None:
    if "intrinsic" not in elements or "image_size" not in elements:
        return None
    width, height = elements["image_size"]
    return float(elements["intrinsic"][0]), float(width), float(height)
