"""Depth of a triangle mesh from a camera, by a z-buffer over all triangles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import float32, float64, int64
from plyfile import PlyData, PlyParseError

from sharp_core.evaluation.datasets.files import checked_depth, unreadable
from sharp_core.numba_compile import compiled
from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth

# Triangles that reach nearer to the camera's plane are left out: they would have to be clipped, and
# those of a scanned room are small.
_NEAR_M = 0.02


class Mesh(NamedTuple):
    """Vertices in metres, and triangles."""

    vertices: npt.NDArray[np.float64]  # (N, 3)
    faces: npt.NDArray[np.int64]  # (M, 3)


@dataclass(frozen=True, slots=True)
class MeshDepth:
    """Dense depth: the surface of a mesh."""

    path: Path
    is_dense: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """The mesh."""
        return (self.path,)

    def read(self, camera: Camera) -> Depth:
        """Return depth, NaN where the camera sees none of it. Raises PhotoError."""
        return checked_depth(mesh_depth(_read_mesh(self.path), camera), self.path)


def mesh_depth(mesh: Mesh, camera: Camera) -> Depth:
    """Return (H, W) in metres, NaN where there is no surface."""
    in_camera = mesh.vertices @ camera.viewmat[:3, :3].T + camera.viewmat[:3, 3]
    intrinsics = camera.intrinsics
    z = in_camera[:, 2]
    safe = np.where(z > 0, z, 1.0)
    pixels = np.stack(
        (
            intrinsics.fx * in_camera[:, 0] / safe + intrinsics.cx,
            intrinsics.fy * in_camera[:, 1] / safe + intrinsics.cy,
            z,
        ),
        axis=1,
    )
    inverse = np.zeros((intrinsics.height, intrinsics.width), np.float32)
    _fill(pixels, mesh.faces, inverse)
    with np.errstate(divide="ignore"):
        return np.where(inverse > 0, 1 / inverse, np.float32(np.nan)).astype(np.float32)


@compiled(float64[:, ::1], int64[:, ::1], float32[:, ::1])
def _fill(pixels: npt.NDArray[np.float64], faces: npt.NDArray[np.int64], inverse: Depth) -> None:
    """Fill `inverse` with the largest 1 / z of any triangle: it is linear on the picture."""
    height, width = inverse.shape
    for index in range(faces.shape[0]):
        a, b, c = pixels[faces[index, 0]], pixels[faces[index, 1]], pixels[faces[index, 2]]
        if min(a[2], b[2], c[2]) < _NEAR_M:
            continue
        left = max(0, int(np.ceil(min(a[0], b[0], c[0]) - 0.5)))
        right = min(width - 1, int(np.floor(max(a[0], b[0], c[0]) - 0.5)))
        top = max(0, int(np.ceil(min(a[1], b[1], c[1]) - 0.5)))
        bottom = min(height - 1, int(np.floor(max(a[1], b[1], c[1]) - 0.5)))
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0:
            continue
        for row in range(top, bottom + 1):
            y = row + 0.5
            for column in range(left, right + 1):
                x = column + 0.5
                wa = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                wb = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                wc = 1 - wa - wb
                if wa < 0 or wb < 0 or wc < 0:
                    continue
                value = wa / a[2] + wb / b[2] + wc / c[2]
                inverse[row, column] = max(inverse[row, column], value)


@lru_cache(1)
def _read_mesh(path: Path) -> Mesh:
    """Read a PLY mesh. Raises PhotoError."""
    try:
        data = PlyData.read(path)
        vertices = np.stack([np.asarray(data["vertex"][axis], np.float64) for axis in "xyz"], 1)
        faces = data["face"]
        name = next(one for one in ("vertex_indices", "vertex_index") if one in faces)
        triangles = np.stack(list(faces[name])).astype(np.int64)
    except (OSError, PlyParseError, KeyError, ValueError, StopIteration) as error:
        raise unreadable(path, f"not a mesh of triangles: {error}") from error
    if triangles.ndim != 2 or triangles.shape[1] != 3 or triangles.max() >= len(vertices):
        raise unreadable(path, "not a mesh of triangles")
    return Mesh(vertices, triangles)
