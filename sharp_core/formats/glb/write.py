"""Write Gaussians as a GLB with KHR_gaussian_splatting, in float32: nothing is quantised.

The file holds the photo's camera too, so that viewers can show what the photo shows, and so that
focal length and size are read back. Colours are declared as sRGB, as in all formats: viewers
blend the stored numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.glb import layout
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.values import colors_to_sh0, unit_quats
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.gaussians import Gaussians

_BLOCK_ROWS = 1 << 16
_ALIGNMENT = 4
_NEAREST_M = 0.01  # the near plane of the camera

Values = npt.NDArray[np.generic]


class _Attribute(NamedTuple):
    """One attribute: its name, its accessor's types, and how its rows are made."""

    semantic: str
    component: int
    width: str

    @property
    def row_bytes(self) -> int:
        numpy_type, _ = layout.COMPONENTS[self.component]
        return np.dtype(numpy_type).itemsize * layout.WIDTHS[self.width]


_ATTRIBUTES = (
    _Attribute(layout.POSITION, layout.FLOAT, "VEC3"),
    _Attribute(layout.COLOR, layout.UNSIGNED_BYTE, "VEC4"),
    _Attribute(layout.ROTATION, layout.FLOAT, "VEC4"),
    _Attribute(layout.SCALE, layout.FLOAT, "VEC3"),
    _Attribute(layout.OPACITY, layout.FLOAT, "SCALAR"),
    _Attribute(layout.SH0, layout.FLOAT, "VEC3"),
)


def write_glb(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    """Write a scene.

    Raises ValueError, naming the field, if the Gaussians are not valid, and FormatError if they
    are more than a file of 4 GiB holds.
    """
    gaussians = gaussians.to("cpu")
    gaussians.check()
    # The axes RUB and ours differ by half a turn, which is its own inverse.
    turned = from_axes(gaussians, Axes(layout.AXES))
    text = _padded(json.dumps(_document(turned, info), separators=(",", ":")).encode(), b" ")
    binary_bytes = len(turned) * sum(attribute.row_bytes for attribute in _ATTRIBUTES)
    size = layout.HEADER.size + 2 * layout.CHUNK.size + len(text) + binary_bytes
    if size > layout.LONGEST_FILE:
        raise FormatError(f"{len(turned):,} Gaussians need {size:,} bytes; a GLB has at most 4 GiB")
    file.write(layout.HEADER.pack(layout.MAGIC, layout.VERSION, size))
    file.write(layout.CHUNK.pack(len(text), layout.JSON_CHUNK) + text)
    file.write(layout.CHUNK.pack(binary_bytes, layout.BINARY_CHUNK))
    for attribute in _ATTRIBUTES:
        for rows in _rows(turned, attribute.semantic):
            file.write(np.ascontiguousarray(rows).data)


def _padded(text: bytes, filler: bytes) -> bytes:
    return text + filler * (-len(text) % _ALIGNMENT)


def _document(gaussians: Gaussians, info: SceneInfo | None) -> dict[str, Any]:
    count = len(gaussians)
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    start = 0
    for index, attribute in enumerate(_ATTRIBUTES):
        size = count * attribute.row_bytes
        views.append(
            {
                "buffer": 0,
                "byteOffset": start,
                "byteLength": size,
                "target": layout.ARRAY_BUFFER,
            }
        )
        start += size
        accessors.append(
            {
                "bufferView": index,
                "componentType": attribute.component,
                "count": count,
                "type": attribute.width,
                **({"normalized": True} if attribute.component != layout.FLOAT else {}),
            }
        )
    least, greatest = gaussians.means.aminmax(dim=0)
    accessors[0] |= {"min": least.tolist(), "max": greatest.tolist()}
    nodes: list[dict[str, Any]] = [{"name": "Gaussians", "mesh": 0}]
    document: dict[str, Any] = {
        "asset": {
            "version": "2.0",
            "generator": (info and info.generator) or "sharp-batch",
            "extras": {layout.EXTRAS: {"axes": layout.AXES}},
        },
        "extensionsUsed": [layout.EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0] if info is None else [0, 1]}],
        "nodes": nodes,
        "meshes": [{"name": "Gaussians", "primitives": [_primitive()]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": start}],
    }
    if info is not None:
        nodes.append({"name": "Photo", "camera": 0})
        document["cameras"] = [_camera(info)]
    return document


def _primitive() -> dict[str, Any]:
    return {
        "mode": layout.POINTS,
        "attributes": {attribute.semantic: i for i, attribute in enumerate(_ATTRIBUTES)},
        "extensions": {
            layout.EXTENSION: {
                "kernel": layout.KERNEL,
                "colorSpace": layout.SRGB,
                "projection": "perspective",
                "sortingMethod": "cameraDistance",
            }
        },
    }


def _camera(info: SceneInfo) -> dict[str, Any]:
    """Return the photo's camera, with the numbers that a field of view does not keep."""
    photo = {
        "focal_px": info.focal_px,
        "width": info.width,
        "height": info.height,
        "photo_id": info.photo_id,
        "is_360": info.is_360,
    }
    return {
        "type": "perspective",
        "perspective": {
            "yfov": 2 * math.atan(info.height / 2 / info.focal_px),
            "aspectRatio": info.width / info.height,
            "znear": _NEAREST_M,
        },
        "extras": {layout.EXTRAS: {key: value for key, value in photo.items() if value}},
    }


def _rows(gaussians: Gaussians, semantic: str) -> Iterator[Values]:
    """Yield the rows of an attribute in blocks."""
    for start in range(0, len(gaussians), _BLOCK_ROWS):
        yield _encoded(gaussians.select(slice(start, start + _BLOCK_ROWS)), semantic)


def _encoded(block: Gaussians, semantic: str) -> Values:
    if semantic == layout.COLOR:
        opaque = np.concatenate((block.colors.numpy(), block.opacities.numpy()[:, None]), axis=1)
        color: Values = np.rint(opaque.clip(0, 1) * 255).astype("u1")
        return color
    values: dict[str, Tensor] = {
        layout.POSITION: block.means,
        layout.SCALE: block.scales,
        layout.OPACITY: block.opacities,
    }
    if semantic == layout.ROTATION:
        found = unit_quats(block.quats).roll(-1, dims=1)  # x y z w
    elif semantic == layout.SH0:
        found = colors_to_sh0(block.colors)
    else:
        found = values[semantic]
    return found.numpy().astype("<f4", copy=False)
