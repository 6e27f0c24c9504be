"""The CPU engine: tiles, compiled loops, as many threads as it is given.

Each frame projects all Gaussians, lists them by the tiles of the picture that they touch, sorts
each list by depth and blends it. Threads take shares of Gaussians, then shares of tiles, and none
writes where another one reads: so renderers work side by side in any number of threads and
processes, and a picture does not depend on the number of threads.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from sharp_core.cameras import Camera
from sharp_core.gaussians import Gaussians
from sharp_core.render.cpu_blend import blend_tiles, sort_tiles
from sharp_core.render.cpu_layout import (
    EXPONENT_UNIT,
    FOOTPRINT,
    TILE_HEIGHT,
    TILE_WIDTH,
    Footprints,
    Lists,
    Picture,
    Scene,
    View,
)
from sharp_core.render.cpu_project import fill, project, scaled_axes
from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.render.rules import JACOBIAN_MARGIN

# Shares of work a thread: enough that none waits long for the last one.
_SHARES = 8

# Entries of tile lists held at once: 128 MB. An ordinary frame has two or three million; only an
# eye amid the Gaussians needs more, and then the picture is drawn in bands.
_MOST_ENTRIES = 1 << 25

# An opacity of zero has no logarithm. This one is far below what counts.
_LEAST_OPACITY = 1e-12

_Floats = npt.NDArray[np.float32]
_Counts = npt.NDArray[np.int64]
_Span = tuple[int, int]  # first, and the one after the last


class StageSeconds(NamedTuple):
    """Processor seconds of one frame, summed over threads."""

    project: float
    fill: float  # the tiles' lists
    sort: float
    blend: float


class CpuRenderer:
    """Renders one scene again and again. A second call waits until the first is done."""

    engine = "cpu"

    def __init__(self, gaussians: Gaussians, threads: int | None = None) -> None:
        """Prepare a scene. Without `threads` there are as many as PyTorch would use."""
        count = len(gaussians)
        self._lock = threading.Lock()
        self._threads = threads or torch.get_num_threads()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="render")
        self._shares = _equal_spans(count, self._threads * _SHARES)
        quats, scales = _floats(gaussians.quats), _floats(gaussians.scales)
        axes = np.empty((9, count), np.float32)
        self._each(self._shares, lambda _, a, b: scaled_axes(a, b, quats, scales, axes))
        opacities = np.maximum(_floats(gaussians.opacities), _LEAST_OPACITY)
        self._scene = Scene(
            np.ascontiguousarray(_floats(gaussians.means).T),
            axes,
            np.log2(opacities) / np.float32(EXPONENT_UNIT),
            np.ascontiguousarray(_floats(gaussians.colors)),
        )
        # Filled anew by each frame.
        self._footprints = Footprints(
            np.empty((count, FOOTPRINT), np.float32), np.empty((count, 4), np.int16)
        )
        self._entries = np.empty(0, np.int32)
        self.stage_seconds = StageSeconds(0, 0, 0, 0)  # of the latest frame

    def render(self, camera: Camera, background: Background = BLACK) -> RenderResult:
        """Return one view as tensors on the CPU, without gradients."""
        with self._lock:
            return self._render(_view(camera), np.array(background, np.float32))

    def _render(self, view: View, background: _Floats) -> RenderResult:
        rows, columns = -(-view.height // TILE_HEIGHT), -(-view.width // TILE_WIDTH)
        counts = np.zeros((len(self._shares), rows, columns), np.int32)
        ends, project_seconds = self._project(view, counts)
        starts = np.zeros(rows * columns + 1, np.int64)
        np.cumsum(counts.sum(axis=0, dtype=np.int64).ravel(), out=starts[1:])
        # Each share of Gaussians has its own stretch of each list, after those of earlier shares.
        places = starts[:-1].reshape(rows, columns) + np.cumsum(counts, axis=0) - counts

        color = np.empty((view.height, view.width, 3), np.float32)
        depth, alpha = np.empty((2, view.height, view.width), np.float32)
        picture = Picture(color, depth, alpha)
        seconds = np.zeros(3)
        for top, bottom in _bands(starts[::columns], _MOST_ENTRIES):
            offset = starts[top * columns]
            lists = Lists(starts - offset, self._room(starts[bottom * columns] - offset))
            seconds[0] += self._fill(ends, (top, bottom), places - offset, lists)
            seconds[1:] += self._draw((top * columns, bottom * columns), lists, background, picture)
        self.stage_seconds = StageSeconds(project_seconds, *seconds.tolist())
        return RenderResult(*(torch.from_numpy(plane) for plane in picture))

    def _project(self, view: View, counts: npt.NDArray[np.int32]) -> tuple[_Counts, float]:
        """Make the footprints; return where those of each share end."""
        ends = np.zeros(len(self._shares), np.int64)

        def work(share: int, first: int, last: int) -> None:
            ends[share] = project(first, last, self._scene, view, self._footprints, counts[share])

        return ends, self._each(self._shares, work)

    def _fill(self, ends: _Counts, band: _Span, places: _Counts, lists: Lists) -> float:
        return self._each(
            self._shares,
            lambda share, first, _: fill(
                first, ends[share], self._footprints, *band, places[share], lists.entries
            ),
        )

    def _draw(
        self, tiles: _Span, lists: Lists, background: _Floats, picture: Picture
    ) -> tuple[float, float]:
        spans = _even_spans(lists.starts, tiles, self._threads * _SHARES)
        found = self._footprints
        return (
            self._each(spans, lambda _, a, b: sort_tiles(a, b, lists, found)),
            self._each(spans, lambda _, a, b: blend_tiles(a, b, lists, found, background, picture)),
        )

    def _room(self, count: int) -> npt.NDArray[np.int32]:
        """Return room for the lists of a band, which later frames use again."""
        if len(self._entries) < count:
            # A little more, since the next frame of a clip needs nearly as much.
            self._entries = np.empty(count + count // 8, np.int32)
        return self._entries

    def _each(self, spans: Sequence[_Span], work: Callable[[int, int, int], None]) -> float:
        """Call work(number, first, last) for all spans, and return their processor seconds."""

        def timed(number: int) -> float:
            started = time.thread_time()
            work(number, *spans[number])
            return time.thread_time() - started

        run = map if self._threads == 1 else self._pool.map
        return sum(run(timed, range(len(spans))))


def _floats(values: torch.Tensor) -> _Floats:
    array: _Floats = values.detach().to("cpu", torch.float32).numpy()
    return array


def _view(camera: Camera) -> View:
    seen = camera.intrinsics
    margin_x, margin_y = JACOBIAN_MARGIN * seen.width, JACOBIAN_MARGIN * seen.height
    slopes_x = (-seen.cx - margin_x) / seen.fx, (seen.width - seen.cx + margin_x) / seen.fx
    slopes_y = (-seen.cy - margin_y) / seen.fy, (seen.height - seen.cy + margin_y) / seen.fy
    pinhole = np.array([seen.fx, seen.fy, seen.cx, seen.cy, *slopes_x, *slopes_y], np.float32)
    return View(np.array(camera.viewmat[:3], np.float32), pinhole, seen.width, seen.height)


def _equal_spans(count: int, parts: int) -> list[_Span]:
    """Split 0 to `count` into at most `parts` spans of about the same length, none empty."""
    return _spans(np.linspace(0, count, parts + 1).astype(np.int64))


def _even_spans(starts: _Counts, tiles: _Span, parts: int) -> list[_Span]:
    """Split tiles into at most `parts` spans with about the same number of entries."""
    first, last = tiles
    cuts = np.searchsorted(
        starts[first:last], np.linspace(starts[first], starts[last], parts + 1)[1:-1]
    )
    return _spans(np.array([first, *(first + cuts), last]))


def _spans(bounds: _Counts) -> list[_Span]:
    return list(itertools.pairwise(np.unique(bounds).tolist()))


def _bands(row_starts: _Counts, most: int) -> Iterator[_Span]:
    """Yield spans of rows of tiles with at most `most` entries, or else of one row."""
    top, last = 0, len(row_starts) - 1
    while top < last:
        fitting = int(np.searchsorted(row_starts, row_starts[top] + most, side="right")) - 1
        bottom = max(top + 1, fitting)
        yield top, bottom
        top = bottom
