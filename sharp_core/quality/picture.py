"""A photo's pixels -> numbers that its flags are decided by.

In: upright sRGB pixels. Out: `PictureMeasures`. Nearly all are taken from a copy of `_SIDE` pixels,
about the cells of a scene's grid, so that they do not depend on the camera's resolution: what is
blurred there is blurred in the scene.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) sRGB
Plane = npt.NDArray[np.float32]  # (H, W) luma, 0 to 1

_SIDE = 768  # pixels of the long side
_TILE = 32
_LUMA = np.array((0.299, 0.587, 0.114), np.float32) / np.float32(255)
_EVEN = 12  # levels within which a row counts as one colour: compression adds some
_DARK = 0.2
_LEAST_EDGE = 0.06  # contrast from which an edge tells anything of sharpness
_MIRROR_SIDE = 128
_NO_DETAIL = 2e-4  # power below which a strip of a picture shows nothing


@dataclass(frozen=True, slots=True)
class PictureMeasures:
    """What the pixels of one photo say. Shares are 0 to 1."""

    aspect: float  # long side / short side
    brightness: float  # mean luma
    dark_share: float  # of pixels: luma below 0.2
    saturation: float  # mean of (largest - smallest channel), 0 to 1
    sharpness: float  # of the sharpest edges: above 1 for steps, below 0.75 for ramps of 3 px
    focus: float  # sharpness of the usual edges over that of the sharpest
    exact_share: float  # of pixels that equal their neighbour: noise leaves few in a photo
    colors: int  # how many of 4096 colours make up 95 % of the pixels
    even_rows: float  # share of rows and columns of one colour
    written_share: float  # of tiles: dark strokes on smooth bright ground
    star_density: float  # bright points on smooth dark ground, per 10,000 pixels
    mirror: float  # correlation of the picture with its reflection, 1 for a perfect one
    wraps: float  # step between left and right border over the usual one between columns


def measure_picture(pixels: Pixels) -> PictureMeasures:
    """Measure a photo of (H, W, 3). Takes some 50 ms of one core."""
    height, width = pixels.shape[:2]
    picture = _reduced(pixels, _SIDE)
    luma = picture @ _LUMA
    sharpness, focus = _sharpness(luma)
    spread = picture.max(axis=2) - picture.min(axis=2)
    return PictureMeasures(
        aspect=max(width, height) / min(width, height),
        brightness=float(luma.mean()),
        dark_share=float((luma < _DARK).mean()),
        saturation=float(spread.mean()) / 255,
        sharpness=sharpness,
        focus=focus,
        exact_share=_exact_share(pixels),
        colors=_color_count(picture),
        even_rows=_even_rows(picture),
        written_share=_written_share(luma),
        star_density=_star_density(luma),
        mirror=_mirror(picture),
        wraps=_wraps(luma),
    )


def _reduced(pixels: Pixels, side: int) -> Pixels:
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(image)


def _tiles(plane: npt.NDArray[np.generic], tile: int) -> npt.NDArray[np.float32]:
    """Cut (H, W) into tiles: (number of tiles, `tile`^2). What is left at the ends is dropped."""
    rows, columns = plane.shape[0] // tile, plane.shape[1] // tile
    cut = plane[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile)
    return cut.transpose(0, 2, 1, 3).reshape(-1, tile * tile).astype(np.float32)


def _gradient(luma: Plane) -> Plane:
    """Return the gradient's magnitude, (H, W); 0 in the last row and column."""
    dx = luma[:-1, 1:] - luma[:-1, :-1]
    dy = luma[1:, :-1] - luma[:-1, :-1]
    return np.pad(np.sqrt(dx * dx + dy * dy), ((0, 1), (0, 1)))


def _quartered(luma: Plane) -> Plane:
    rows, columns = luma.shape[0] // 4, luma.shape[1] // 4
    cut = luma[: rows * 4, : columns * 4]
    means: Plane = cut.reshape(rows, 4, columns, 4).mean(axis=(1, 3))
    return means


def _sharpness(luma: Plane) -> tuple[float, float]:
    """Compare how steep edges are with how steep they are at a quarter of the size, by tiles.

    A step is as high at any size, and a ramp of several pixels is lower at the larger one. So
    contrast does not count. 0, 0 where there are hardly any edges.
    """
    rows, columns = (side // _TILE * _TILE for side in luma.shape)
    luma = luma[:rows, :columns]
    fine = _tiles(_gradient(luma), _TILE)
    coarse = _tiles(_gradient(_quartered(luma)), _TILE // 4)
    # Of 1024 and of 64 pixels: beyond noise, and not a single pixel.
    steepest = np.partition(fine, -10, axis=1)[:, -10]
    height = np.partition(coarse, -2, axis=1)[:, -2]
    telling = height > _LEAST_EDGE
    if telling.sum() < 3:
        return 0.0, 0.0
    best, usual = np.percentile(steepest[telling] / height[telling], (90, 50))
    return float(best), float(usual / best)


def _exact_share(pixels: Pixels) -> float:
    rows = pixels[:: max(1, len(pixels) // 200)]
    if rows.shape[1] < 2:
        return 1.0
    return float((rows[:, 1:] == rows[:, :-1]).all(axis=2).mean())


def _color_count(picture: Pixels) -> int:
    codes = (picture >> 4).astype(np.int32)
    counts = np.bincount((codes[..., 0] << 8 | codes[..., 1] << 4 | codes[..., 2]).ravel())
    shares = np.sort(counts)[::-1].cumsum() / counts.sum()
    return int(np.searchsorted(shares, 0.95)) + 1


def _even_rows(picture: Pixels) -> float:
    border = min(8, min(picture.shape[:2]) // 4)  # a frame is not a part of the picture
    inner = picture[border : len(picture) - border, border : picture.shape[1] - border]
    rows = np.ptp(inner, axis=1).max(axis=1) <= _EVEN
    columns = np.ptp(inner, axis=0).max(axis=1) <= _EVEN
    return float(rows.sum() + columns.sum()) / (len(rows) + len(columns))


def _written_share(luma: Plane) -> float:
    """Return the share of tiles where thin dark strokes lie on bright smooth ground."""
    tiles = _tiles(luma, 16)
    if len(tiles) == 0:
        return 0.0
    ground = np.percentile(tiles, 75, axis=1, keepdims=True)
    ink = tiles < 0.8 * ground
    ink_share = ink.mean(axis=1)
    rough = np.where(ink | (tiles < 0.9 * ground), 0, np.abs(tiles - ground)).sum(axis=1)
    rough /= np.maximum((tiles >= 0.9 * ground).sum(axis=1), 1)
    is_written = (
        (ground[:, 0] > 0.3)
        & (ink_share > 0.02)
        & (ink_share < 0.4)
        & (rough < 0.025 * ground[:, 0])
    )
    return float(is_written.mean())


def _star_density(luma: Plane) -> float:
    height, width = luma.shape
    if min(height, width) < 5:
        return 0.0
    ring = np.stack(
        [
            luma[2 + dy : height - 2 + dy, 2 + dx : width - 2 + dx]
            for dy, dx in ((-2, -1), (-2, 1), (2, -1), (2, 1), (-1, -2), (1, -2), (-1, 2), (1, 2))
        ]
    )
    high, low = ring.max(axis=0), ring.min(axis=0)
    points = (luma[2:-2, 2:-2] > high + 0.1) & (high < 0.3) & (high - low < 0.08)
    return float(points.mean()) * 1e4


def _mirror(picture: Pixels) -> float:
    """Return how much of what is above some horizontal line is reflected below it.

    Details of some pixels are compared in eight columns, each without the means of its rows and
    columns: a pole, a wall or a sky is its own reflection. A round thing is as well, but fills few
    columns: the third lowest of their correlations counts.
    """
    small = Image.fromarray(picture).resize((_MIRROR_SIDE, _MIRROR_SIDE), Image.Resampling.BOX)
    luma = np.asarray(small) @ _LUMA
    detail = _box_mean(luma, 1) - _box_mean(luma, 7)
    best = 0.0
    for line in range(_MIRROR_SIDE // 4, _MIRROR_SIDE * 3 // 4 + 1):
        reach = min(line, _MIRROR_SIDE - line)
        above = _without_means(detail[line - reach : line][::-1])
        below = _without_means(detail[line : line + reach])
        power = np.sqrt(np.square(above).mean(axis=(0, 2)) * np.square(below).mean(axis=(0, 2)))
        found = (above * below).mean(axis=(0, 2)) / np.maximum(power, 1e-9)
        best = max(best, float(np.sort(np.where(power > _NO_DETAIL, found, 0))[2]))
    return best


def _without_means(detail: Plane) -> npt.NDArray[np.float32]:
    """Return (rows, 8, columns of a strip), less the means of rows and columns."""
    rest: Plane = detail - detail.mean(axis=0) - detail.mean(axis=1, keepdims=True)
    return rest.reshape(len(detail), 8, -1)


def _box_mean(plane: Plane, radius: int) -> Plane:
    """Return the mean over squares of 2 `radius` + 1 pixels."""
    padded = np.pad(plane, radius + 1, mode="edge").astype(np.float64)
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    size = 2 * radius + 1
    rows = sums[size : size + len(plane)] - sums[: len(plane)]
    total = rows[:, size : size + plane.shape[1]] - rows[:, : plane.shape[1]]
    mean: Plane = (total / size**2).astype(np.float32)
    return mean


def _wraps(luma: Plane) -> float:
    seam = float(np.abs(luma[:, 0] - luma[:, -1]).mean())
    usual = float(np.abs(np.diff(luma, axis=1)).mean()) if luma.shape[1] > 1 else 0.0
    return seam / max(usual, 1e-3)
