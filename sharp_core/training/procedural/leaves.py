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
        in_camera = camera.to_camera(self.centres)  # (N, 3)
        depth = in_camera[:, 2]
        focal = float(camera.intrinsics[0, 0])
        reach = np.maximum(np.linalg.norm(self.along, axis=1), np.linalg.norm(self.across, axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            radius = np.where(depth > _MIN_DEPTH, focal * reach / depth, np.inf)
            column = focal * in_camera[:, 0] / depth + camera.intrinsics[0, 2]
            row = float(camera.intrinsics[1, 1]) * in_camera[:, 1] / depth
            row = row + camera.intrinsics[1, 2]
        seen = (
            (radius < _MAX_RADIUS_PX)
            & (column > -radius)
            & (column < camera.width + radius)
            & (row > -radius)
            & (row < camera.height + radius)
        )
        found = []
        windows = np.array(_WINDOWS)[np.searchsorted(_WINDOWS, 2 * radius[seen] + 1)]
        chosen = np.nonzero(seen)[0]
        for window in np.unique(windows):
            these = chosen[windows == window]
            found.append(self._hits_in_window(camera, directions, these, column, row, int(window)))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64)
        pixels, depths, leaves = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return pixels, depths, leaves

    def _hits_in_window(
        self,
        camera: ProceduralCamera,
        directions: Array,
        these: Indices,
        column: Array,
        row: Array,
        window: int,
    ) -> tuple[Indices, Array, Indices]:
        offsets = np.arange(window) - window // 2
        rows = np.rint(row[these]).astype(np.int64)[:, None] + np.repeat(offsets, window)
        columns = np.rint(column[these]).astype(np.int64)[:, None] + np.tile(offsets, window)
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
