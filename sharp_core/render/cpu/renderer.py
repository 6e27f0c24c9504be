"""The CPU engine: a tile-based rasteriser in compiled loops, on any number of threads.

Each frame projects all Gaussians, lists them by the image tiles that they touch, sorts each list by
depth and blends it. Threads work on disjoint shares of Gaussians, then on disjoint tiles, and share
no written memory. So several renderers can run in parallel in threads and processes, and the image
does not depend on the number of threads.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

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
)
from sharp_core.render.cpu.project import fill_tile_lists, project_gaussians, scaled_axes
from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.render.rules import JACOBIAN_MARGIN
from sharp_core.scene.cameras import Camera
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
_Counts = npt.NDArray[np.int64]
_Span = tuple[int, int]  # first index, and the index after the last


class StageSeconds(NamedTuple):
    """CPU seconds of one frame, summed over threads."""

    project: float
    fill: float  # the tile lists
    sort: float
    blend: float


class CpuRenderer:
    """Renders views of one scene. Thread-safe: calls run one after the other."""

    engine = "cpu"

    def __init__(self, gaussians: Gaussians, threads: int | None = None) -> None:
        """Prepare a scene. None means as many threads as PyTorch uses."""
        count = len(gaussians)
        self._lock = threading.Lock()
        self._threads = threads or torch.get_num_threads()
        # The calling thread works on the frame too.
        self._pool = ThreadPoolExecutor(max(1, self._threads - 1), thread_name_prefix="render")
        self._shares = _equal_spans(count, self._threads * _SHARES)
        quats, scales = _floats(gaussians.quats), _floats(gaussians.scales)
        axes = np.empty((9, count), np.float32)
        self._run_parallel(self._shares, lambda _, a, b: scaled_axes(a, b, quats, scales, axes))
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
        with self._lock:
            return self._render(_packed_camera(camera), np.array(background, np.float32))

    def _render(self, view: PackedCamera, background: _Floats) -> RenderResult:
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
        return RenderResult(*(torch.from_numpy(plane) for plane in frame))

    def _project(self, view: PackedCamera, counts: npt.NDArray[np.int32]) -> tuple[_Counts, float]:
        """Compute the footprints. Returns the end index of each share, and CPU seconds."""
        ends = np.zeros(len(self._shares), np.int64)

        def work(share: int, first: int, last: int) -> None:
            ends[share] = project_gaussians(
                first, last, self._scene, view, self._footprints, counts[share]
            )

        (seconds,) = self._run_parallel(self._shares, work)
        return ends, seconds

    def _fill(self, ends: _Counts, band: _Span, cursors: _Counts, lists: TileLists) -> float:
        """Fill the lists of the tiles of a band. Returns CPU seconds."""
        (seconds,) = self._run_parallel(
            self._shares,
            lambda share, first, _: fill_tile_lists(
                first, ends[share], self._footprints, *band, cursors[share], lists.entries
            ),
        )
        return seconds

    def _draw(
        self, tiles: _Span, lists: TileLists, background: _Floats, frame: FrameBuffer
    ) -> list[float]:
        """Sort and blend the lists of some tiles. Returns the CPU seconds of both steps."""
        footprints = self._footprints
        return self._run_parallel(
            _even_spans(lists.starts, tiles, _BATCH_ENTRIES),
            lambda _, first, last: sort_tiles(first, last, lists, footprints),
            lambda _, first, last: blend_tiles(first, last, lists, footprints, background, frame),
        )

    def _buffer(self, count: int) -> npt.NDArray[np.int32]:
        """Return a buffer for the lists of a band. Later frames use it again."""
        if len(self._entries) < count:
            # A little more, since the next frame of a clip needs nearly as much.
            self._entries = np.empty(count + count // 8, np.int32)
        return self._entries

    def _run_parallel(
        self, spans: Sequence[_Span], *steps: Callable[[int, int, int], None]
    ) -> list[float]:
        """Call step(number, first, last) for all spans in all threads; per span, steps in order.

        Returns the CPU seconds of each step, summed over spans.
        """
        numbers = iter(range(len(spans)))  # all threads take from it

        def work() -> list[float]:
            seconds = [0.0] * len(steps)
            for number in numbers:
                for i, step in enumerate(steps):
                    started = time.thread_time()
                    step(number, *spans[number])
                    seconds[i] += time.thread_time() - started
            return seconds

        others = [self._pool.submit(work) for _ in range(self._threads - 1)]
        try:
            own = work()
        finally:  # no thread may still run when the next frame begins
            wait(others)
        return [sum(times) for times in zip(own, *(o.result() for o in others), strict=True)]


def _floats(values: torch.Tensor) -> _Floats:
    array: _Floats = values.detach().to("cpu", torch.float32).numpy()
    return array


def _packed_camera(camera: Camera) -> PackedCamera:
    seen = camera.intrinsics
    margin_x, margin_y = JACOBIAN_MARGIN * seen.width, JACOBIAN_MARGIN * seen.height
    slopes_x = (-seen.cx - margin_x) / seen.fx, (seen.width - seen.cx + margin_x) / seen.fx
    slopes_y = (-seen.cy - margin_y) / seen.fy, (seen.height - seen.cy + margin_y) / seen.fy
    pinhole = np.array([seen.fx, seen.fy, seen.cx, seen.cy, *slopes_x, *slopes_y], np.float32)
    return PackedCamera(np.array(camera.viewmat[:3], np.float32), pinhole, seen.width, seen.height)


def _equal_spans(count: int, parts: int) -> list[_Span]:
    """Split the range 0 to `count` into at most `parts` non-empty spans of about equal length."""
    return _spans(np.linspace(0, count, parts + 1).astype(np.int64))


def _even_spans(starts: _Counts, tiles: _Span, entries: int) -> list[_Span]:
    """Split tiles into spans of about `entries` list entries each, but at least one tile."""
    first, last = tiles
    inner = np.arange(starts[first] + entries, starts[last], entries)
    return _spans(np.array([first, *(first + np.searchsorted(starts[first:last], inner)), last]))


def _spans(bounds: _Counts) -> list[_Span]:
    return list(itertools.pairwise(np.unique(bounds).tolist()))


def _bands(row_starts: _Counts, most: int) -> Iterator[_Span]:
    """Yield spans of tile rows with at most `most` list entries each, but at least one row."""
    top, last = 0, len(row_starts) - 1
    while top < last:
        fitting = int(np.searchsorted(row_starts, row_starts[top] + most, side="right")) - 1
        bottom = max(top + 1, fitting)
        yield top, bottom
        top = bottom
