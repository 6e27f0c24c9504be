"""The nodes of a glTF's scene: where its meshes are, and where the photo's camera is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from schemas.errors import FormatError
from sharp_core.formats.glb.document import (
    Document,
    JsonObject,
    natural,
    naturals,
    numbers,
    objects,
)
from sharp_core.scene.cameras import Matrix
from sharp_core.scene.quaternions import rotation_matrices

_IDENTITY = tuple(float(value) for value in np.eye(4).ravel())


class Placed(NamedTuple):
    """A node in the world."""

    node: JsonObject
    to_world: Matrix  # (4, 4)


def placed_nodes(document: Document) -> list[Placed]:
    """Return the nodes of the file's scene. Raises FormatError where they are no trees."""
    waiting = [(index, np.eye(4)) for index in reversed(_roots(document))]
    seen: set[int] = set()
    found = []
    while waiting:
        index, parent = waiting.pop()
        if index in seen:
            raise FormatError(f"its node {index} has two parents, or is its own ancestor")
        seen.add(index)
        node = document.entry("nodes", index)
        to_world = parent @ _local(node)
        found.append(Placed(node, to_world))
        waiting += [(child, to_world) for child in reversed(naturals(node, "children"))]
    return found


def _roots(document: Document) -> list[int]:
    """Return the root nodes of the default scene, of the first one, or of all nodes."""
    scenes = objects(document.root, "scenes")
    if scenes:
        scene = document.entry("scenes", natural(document.root, "scene", 0))
        return naturals(scene, "nodes")
    nodes = objects(document.root, "nodes")
    children = {child for node in nodes for child in naturals(node, "children")}
    return [index for index in range(len(nodes)) if index not in children]


def _local(node: JsonObject) -> Matrix:
    """Return the (4, 4) matrix of a node in its parent's space."""
    if "matrix" in node:  # column by column
        return np.array(numbers(node, "matrix", _IDENTITY)).reshape(4, 4).T
    matrix = np.eye(4)
    matrix[:3, :3] = _rotation(numbers(node, "rotation", (0.0, 0.0, 0.0, 1.0)))
    matrix[:3, :3] *= numbers(node, "scale", (1.0, 1.0, 1.0))
    matrix[:3, 3] = numbers(node, "translation", (0.0, 0.0, 0.0))
    return matrix


def _rotation(xyzw: tuple[float, ...]) -> Matrix:
    length = np.linalg.norm(xyzw)
    if not 0 < length < np.inf:
        raise FormatError("a node has a rotation without direction")
    x, y, z, w = xyzw
    return rotation_matrices(torch.tensor([[w, x, y, z]], dtype=torch.float64))[0].numpy()
