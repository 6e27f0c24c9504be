"""The CPU engine: a tile-based rasteriser in compiled loops, on any number of threads.

Each frame projects all Gaussians, lists them by the image tiles that they touch, sorts each list by
depth and blends it. Threads work on disjoint shares of Gaussians, then on disjoint tiles, and share
no written memory. So several renderers can run in parallel in threads and processes, and the image
does not depend on the number of threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.render.cpu.arrays import GaussianArrays
from sharp_core.render.cpu.blend import blend_tiles, sort_tiles
from sharp_core.render.cpu.layout import (
    EXPONENT_UNIT,
    FOOTPRINT,
    TILE_HEIGHT,
    TILE_WIDTH,
    CpuScene,
    Footprints,
    FrameBuffer,
    PackedCamera,
    TileLists,
    pack_camera,
)
from sharp_core.render.cpu.project import fill_tile_lists, project_gaussians, scaled_axes
from sharp_core.render.cpu.threads import Counts, Span, ThreadTeam, equal_spans, even_spans
from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.scene.cameras import Camera

if TYPE_CHECKING:  # arrays are rendered without torch, in workers that do without it
    import torch

    from sharp_core.scene.gaussians import Gaussians

# Shares of Gaussians per thread: enough to balance the load.
_SHARES = 8

# List entries per batch of tiles, which is sorted and then blended. Their footprints, 400 kB, stay
# in the L2 cache for the access in depth order.
_BATCH_ENTRIES = 1 << 13

# List entries in memory at once: 128 MB. An ordinary frame has two or three million. Only a camera
# among the Gaussians needs more; the image is then drawn in bands.
_MAX_ENTRIES = 1 << 25

# An opacity of zero has no logarithm. This one is far below the alpha threshold.
_MIN_OPACITY = 1e-12

_Floats = npt.NDArray[np.float32]


class StageSeconds(NamedTuple):
    """CPU seconds of one frame, summed over threads."""

    project: float
    fill: float  # the tile lists
    sort: float
    blend: float


class CpuRenderer:
    """Renders views of one scene. Thread-safe: calls run one after the other."""

    engine = "cpu"

    def __init__(self, gaussians: Gaussians | GaussianArrays, threads: int | None = None) -> None:
        """Prepare a scene. None means as many threads as PyTorch uses."""
        count = len(gaussians.means)
        self._lock = threading.Lock()
        self._team = ThreadTeam(threads or _torch_threads())
        self._shares = equal_spans(count, self._team.threads * _SHARES)
        quats, scales = _floats(gaussians.quats), _floats(gaussians.scales)
        axes = np.empty((9, count), np.float32)
        self._team.run(self._shares, lambda _, a, b: scaled_axes(a, b, quats, scales, axes))
        opacities = np.maximum(_floats(gaussians.opacities), _MIN_OPACITY)
        self._scene = CpuScene(
            np.ascontiguousarray(_floats(gaussians.means).T),
            axes,
            np.log2(opacities) / np.float32(EXPONENT_UNIT),
            np.ascontiguousarray(_floats(gaussians.colors)),
        )
        # Each frame overwrites these.
        self._footprints = Footprints(
            np.empty((count, FOOTPRINT), np.float32), np.empty((count, 4), np.int16)
        )
        self._entries = np.empty(0, np.int32)
        self.stage_seconds = StageSeconds(0, 0, 0, 0)  # of the latest frame

    def render(self, camera: Camera, background: Background = BLACK) -> RenderResult:
        """Return one view as tensors on the CPU, without gradients."""
        import torch

        planes = self.render_planes(camera, background)
        return RenderResult(*(torch.from_numpy(plane) for plane in planes))

    def render_planes(self, camera: Camera, background: Background = BLACK) -> FrameBuffer:
        """Return one view as arrays. Takes no torch."""
        with self._lock:
            return self._render(pack_camera(camera), np.array(background, np.float32))

    def _render(self, view: PackedCamera, background: _Floats) -> FrameBuffer:
        rows, columns = -(-view.height // TILE_HEIGHT), -(-view.width // TILE_WIDTH)
        counts = np.zeros((len(self._shares), rows, columns), np.int32)
        ends, project_seconds = self._project(view, counts)
        starts = np.zeros(rows * columns + 1, np.int64)
        np.cumsum(counts.sum(axis=0, dtype=np.int64).ravel(), out=starts[1:])
        # Each share of Gaussians has its own part of each list, after those of earlier shares.
        cursors = starts[:-1].reshape(rows, columns) + np.cumsum(counts, axis=0) - counts

        color = np.empty((view.height, view.width, 3), np.float32)
        depth, alpha = np.empty((2, view.height, view.width), np.float32)
        frame = FrameBuffer(color, depth, alpha)
        seconds = [project_seconds, 0.0, 0.0, 0.0]
        for top, bottom in _bands(starts[::columns], _MAX_ENTRIES):
            offset = starts[top * columns]
            lists = TileLists(starts - offset, self._buffer(starts[bottom * columns] - offset))
            seconds[1] += self._fill(ends, (top, bottom), cursors - offset, lists)
            tiles = (top * columns, bottom * columns)
            sort_seconds, blend_seconds = self._draw(tiles, lists, background, frame)
            seconds[2] += sort_seconds
            seconds[3] += blend_seconds
        self.stage_seconds = StageSeconds(*seconds)
        return frame

    def _project(self, view: PackedCamera, counts: npt.NDArray[np.int32]) -> tuple[Counts, float]:
        """Compute the footprints. Returns the end index of each share, and CPU seconds."""
        ends = np.zeros(len(self._shares), np.int64)

        def work(share: int, first: int, last: int) -> None:
            ends[share] = project_gaussians(
                first, last, self._scene, view, self._footprints, counts[share]
            )

        (seconds,) = self._team.run(self._shares, work)
        return ends, seconds

    def _fill(self, ends: Counts, band: Span, cursors: Counts, lists: TileLists) -> float:
        """Fill the lists of the tiles of a band. Returns CPU seconds."""
        (seconds,) = self._team.run(
            self._shares,
            lambda share, first, _: fill_tile_lists(
                first, ends[share], self._footprints, *band, cursors[share], lists.entries
            ),
        )
        return seconds

    def _draw(
        self, tiles: Span, lists: TileLists, background: _Floats, frame: FrameBuffer
    ) -> list[float]:
        """Sort and blend the lists of some tiles. Returns the CPU seconds of both steps."""
        footprints = self._footprints
        return self._team.run(
            even_spans(lists.starts, tiles, _BATCH_ENTRIES),
            lambda _, first, last: sort_tiles(first, last, lists, footprints),
            lambda _, first, last: blend_tiles(first, last, lists, footprints, background, frame),
        )

    def _buffer(self, count: int) -> npt.NDArray[np.int32]:
        """Return a buffer for the lists of a band. Later frames use it again."""
        if len(self._entries) < count:
            # A little more, since the next frame of a clip needs nearly as much.
            self._entries = np.empty(count + count // 8, np.int32)
        return self._entries


def _torch_threads() -> int:
    import torch

    return torch.get_num_threads()


def _floats(values: torch.Tensor | _Floats) -> _Floats:
    if isinstance(values, np.ndarray):
        return values
    array: _Floats = values.detach().to("cpu").float().numpy()
    return array


def _bands(row_starts: Counts, most: int) -> Iterator[Span]:
    """Yield spans of tile rows with at most `most` list entries each, but at least one row."""
    top, last = 0, len(row_starts) - 1
    while top < last:
        fitting = int(np.searchsorted(row_starts, row_starts[top] + most, side="right")) - 1
        bottom = max(top + 1, fitting)
        yield top, bottom
        top = bottom
