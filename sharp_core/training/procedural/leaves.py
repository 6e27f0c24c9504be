"""Many small flat leaves or blades as one shape: foliage, grass, hair of a bush.

Each leaf is the part of its plane where |v| <= 1 - u^2, with u and v along its two half axes.
Leaves are drawn into the pixels around their projection, all leaves of one window size at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharp_core.training.procedural.camera import ProceduralCamera
from sharp_core.training.procedural.solids import row_dot, unit_rows

Array = NDArray[np.float32]
Indices = NDArray[np.int64]

# A leaf whose half length is more pixels than this is too near to look like one; it is left out.
_MAX_RADIUS_PX = 40
_MIN_DEPTH = 0.1
# Sides in pixels of the windows in which leaves are drawn; the largest holds the largest leaf.
_WINDOWS = (2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 82)


@dataclass(frozen=True)
class Leaves:
    """N leaves."""

    centres: Array
    """(N, 3) in metres."""
    along: Array
    """(N, 3): half axis along each leaf, in metres."""
    across: Array
    """(N, 3): half axis across, perpendicular to `along`."""
    brightness: Array
    """(N,): factor on the material's colour."""

    def hits(self, camera: ProceduralCamera, directions: Array) -> tuple[Indices, Array, Indices]:
        """Return pixels, depths and leaves of all hits, each (K,).

        `directions` is (H, W, 3) of `camera`. A pixel may be hit by several leaves.
        """
        centre, reach = self._projected(camera)  # (N, 2) each: row, column
        size = np.array([camera.height, camera.width])
        seen = (reach < _MAX_RADIUS_PX).all(axis=1)
        seen &= ((centre > -reach) & (centre < size + reach)).all(axis=1)
        chosen = np.nonzero(seen)[0]
        windows = np.array(_WINDOWS)[np.searchsorted(_WINDOWS, 2 * reach[chosen] + 2)]  # (M, 2)
        found = []
        for window in np.unique(windows, axis=0):
            these = chosen[(windows == window).all(axis=1)]
            rays = _Window(centre[these], (int(window[0]), int(window[1])))
            found.append(self._hits_in_window(camera, directions, these, rays))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64)
        pixels, depths, leaves = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return pixels, depths, leaves

    def _projected(self, camera: ProceduralCamera) -> tuple[Array, Array]:
        """Return the leaves' centres and half sizes in the picture, (N, 2) each: row, column.

        Leaves behind the camera get an infinite size.
        """
        rotation = camera.viewmat[:3, :3]
        x, y, z = camera.to_camera(self.centres).T
        wide = np.abs(self.along @ rotation.T) + np.abs(self.across @ rotation.T)  # (N, 3)
        fx, fy, cx, cy = (camera.intrinsics[at] for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
        behind = z - wide[:, 2] < _MIN_DEPTH
        z = np.where(behind, 1.0, z)
        nearest = np.where(behind, 1.0, z - wide[:, 2])
        centre = np.stack([fy * y / z + cy, fx * x / z + cx], axis=1)
        # The end that is nearer to the camera is farther from the centre than the other one.
        rows = fy * (wide[:, 1] + np.abs(y / z) * wide[:, 2]) / nearest
        columns = fx * (wide[:, 0] + np.abs(x / z) * wide[:, 2]) / nearest
        reach = np.where(behind[:, None], np.inf, np.stack([rows, columns], axis=1))
        return centre.astype(np.float32), reach.astype(np.float32)

    def _hits_in_window(
        self, camera: ProceduralCamera, directions: Array, these: Indices, window: "_Window"
    ) -> tuple[Indices, Array, Indices]:
        rows, columns = window.pixels()  # (M, window's pixels) each
        inside = (rows >= 0) & (rows < camera.height) & (columns >= 0) & (columns < camera.width)
        which, place = np.nonzero(inside)  # (K,)
        rows, columns, leaves = rows[which, place], columns[which, place], these[which]
        rays = directions[rows, columns]  # (K, 3)
        along, across = self.along[leaves], self.across[leaves]
        to_centres = self.centres - camera.position
        normals = np.cross(self.along, self.across)
        to_centre, normal = to_centres[leaves], normals[leaves]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = row_dot(to_centres, normals)[leaves] / row_dot(rays, normal)
            local = t[:, None] * rays - to_centre
            u = row_dot(local, along) / row_dot(self.along, self.along)[leaves]
            v = row_dot(local, across) / row_dot(self.across, self.across)[leaves]
            hit = (t > _MIN_DEPTH) & (np.abs(v) <= 1.0 - u * u)
        pixels = rows[hit] * camera.width + columns[hit]
        return pixels, t[hit].astype(np.float32), leaves[hit]

    def normals(self, leaves: Indices) -> Array:
        """Return unit normals (K, 3) of these leaves."""
        return unit_rows(np.cross(self.along, self.across))[leaves]


@dataclass(frozen=True)
class _Window:
    """Rectangles of one size around some leaves' projected centres."""

    centres: Array
    """(M, 2): row, column."""
    size: tuple[int, int]
    """Height and width in pixels."""

    def pixels(self) -> tuple[Indices, Indices]:
        """Return rows and columns (M, height * width) of each window's pixels."""
        height, width = self.size
        corner = np.floor(self.centres - np.array([height, width]) / 2 + 0.5).astype(np.int64)
        rows = corner[:, :1] + np.repeat(np.arange(height), width)
        columns = corner[:, 1:] + np.tile(np.arange(width), height)
        return rows, columns
