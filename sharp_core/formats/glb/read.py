"""Read glTF with KHR_gaussian_splatting, as a GLB or a .gltf with its files, to Gaussians.

All Gaussians of the file's scene are read, each turned, moved and scaled by its nodes. Harmonics
above degree 0 are dropped; meshes are left out. Of the drafts of the extension, colours as COLOR_0
and compression as SPZ are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from schemas.count_text import count_text
from schemas.errors import FormatError
from sharp_core.formats.glb import layout
from sharp_core.formats.glb.accessors import Accessors
from sharp_core.formats.glb.document import Document, JsonObject, an_object, natural, objects, parse
from sharp_core.formats.glb.nodes import Placed, placed_nodes
from sharp_core.formats.glb.primitive import count_of, is_splat, read_primitive
from sharp_core.formats.limits import check_plausible
from sharp_core.formats.scene import SceneInfo, StoredScene, scene_info_from_entries, valid_scene
from sharp_core.scene.affine import transformed
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.gaussians import joined

_MOST_PRIMITIVES = 10_000


def read_glb(file: BinaryIO) -> StoredScene:
    """Read a scene from an open file, which must hold all its numbers. Raises FormatError."""
    return _scene(parse(file.read(), None))


def read_gltf_path(path: Path) -> StoredScene:
    """Read a scene whose numbers may be in files beside it. Raises FormatError, OSError."""
    return _scene(parse(path.read_bytes(), path.parent))


def _scene(document: Document) -> StoredScene:
    accessors = Accessors(document)
    nodes = placed_nodes(document)
    splats, others = _primitives(document, nodes)
    if not splats:
        what = "a mesh" if others else "empty"
        raise FormatError(f"it is a glTF without Gaussians ({layout.EXTENSION}): {what}")
    total = sum(count_of(primitive, accessors) for primitive, _ in splats)
    check_plausible(total, accessors.buffers.bytes_available)
    parts, notes, degree = [], list[str](), 0
    for primitive, placed in splats:
        stored = read_primitive(primitive, accessors)
        parts.append(transformed(stored.gaussians, placed.to_world))
        notes += [note for note in stored.notes if note not in notes]
        degree = max(degree, stored.sh_degree)
    if others:
        notes.append(f"{count_text(others, 'mesh', 'meshes')} without Gaussians left out")
    gaussians = joined(parts)
    try:
        camera = _photo_camera(document, nodes)
    except FormatError as error:
        camera = None
        notes.append(f"what it says of its photo is left out: {error}")
    if camera is None and not _is_ours(document):
        return valid_scene(gaussians, None, degree, tuple(notes))
    info = None
    if camera is not None:
        info, placed = camera
        gaussians = transformed(gaussians, np.linalg.inv(placed.to_world).astype(np.float64))
    gaussians = from_axes(gaussians, Axes(layout.AXES))
    return valid_scene(gaussians, info, degree, tuple(notes))._replace(axes=layout.AXES)


def _primitives(
    document: Document, nodes: list[Placed]
) -> tuple[list[tuple[JsonObject, Placed]], int]:
    """Return the primitives with Gaussians and where they are, and the number of the others."""
    splats, others = [], 0
    for placed in nodes:
        if "mesh" not in placed.node:
            continue
        for primitive in objects(
            document.entry("meshes", natural(placed.node, "mesh")), "primitives"
        ):
            if is_splat(primitive):
                splats.append((primitive, placed))
            else:
                others += 1
            if len(splats) + others > _MOST_PRIMITIVES:
                raise FormatError(f"it has more than {_MOST_PRIMITIVES} primitives")
    return splats, others


def _photo_camera(document: Document, nodes: list[Placed]) -> tuple[SceneInfo, Placed] | None:
    """Return what the file says of its photo, and the node of the photo's camera."""
    for placed in nodes:
        if "camera" not in placed.node:
            continue
        camera = document.entry("cameras", natural(placed.node, "camera"))
        extras = camera.get("extras")
        photo = extras.get(layout.EXTRAS) if isinstance(extras, dict) else None
        if not isinstance(photo, dict):
            continue  # a camera of another program
        if not abs(np.linalg.det(placed.to_world[:3, :3])) > 0:
            raise FormatError("the node of its camera has no size")
        generator = an_object(document.root, "asset").get("generator")
        return scene_info_from_entries(photo, photo.get("photo_id"), generator), placed
    return None


def _is_ours(document: Document) -> bool:
    """Tell whether the file states our axes, as those that we write do."""
    extras = an_object(document.root, "asset").get("extras")
    stated = extras.get(layout.EXTRAS) if isinstance(extras, dict) else None
    return isinstance(stated, dict) and stated.get("axes") == layout.AXES
