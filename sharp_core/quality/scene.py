"""A coarse scene and its photo -> what is measured of the scene, by the CPU renderer.

Six small renders: from the photo's eye, and from the ends of the head box, the volume within which
previews and viewers move the camera. Takes some 0.1 s of one core, and no torch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from schemas.quality import SceneMeasures
from sharp_core.evaluation.metrics.psnr import psnr
from sharp_core.evaluation.metrics.ssim import ssim
from sharp_core.quality.coarse_scene import CoarseScene, arrays_of
from sharp_core.render.cpu.layout import FrameBuffer
from sharp_core.render.cpu.renderer import CpuRenderer
from sharp_core.scene.cameras import (
    FOCUS_QUANTILE,
    NEAREST_TARGET_M,
    Camera,
    Intrinsics,
    fit_long_side,
)
from sharp_core.views.trajectories import NEAR_QUANTILE, motion_for_depths, viewmats

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) sRGB
Plane = npt.NDArray[np.float32]  # (H, W)

PICTURE_SIDE = 256  # long side of the renders, about the cells of a coarse scene
# Ends of the head box, in its half sides: left, right, up, down, forward.
_EYES = ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_BORDER = 0.1  # share of each side that cameras beside the photo's see past, and previews crop
_NEAR, _FAR = 0.02, 0.98  # quantiles of depth, without stray points
_EDGE = 0.03  # step of disparity between neighbours that tears a gap of about a pixel
_STRAY = 0.15  # of disparity, before or behind all neighbours
_DETAIL = 0.03  # step of brightness, 0 to 1, between neighbours
_PHOTO_EDGE = 16  # levels of contrast within 5 x 5 pixels that make an edge of the photo


def measure_scene(scene: CoarseScene, photo: Pixels, focal_px: float, width: int) -> SceneMeasures:
    """Measure a scene of a photo of `width` pixels and its focal length.

    `photo` is the whole photo at any size. Raises ValueError if nothing is before the camera.
    """
    gaussians = arrays_of(scene)
    depths = gaussians.means[:, 2]
    depths = depths[depths > 0]
    if depths.size == 0:
        raise ValueError("no Gaussian lies in front of the camera")
    height = round(width * photo.shape[0] / photo.shape[1])
    full = Intrinsics.of_photo(focal_px, width, height)
    view = fit_long_side(full, PICTURE_SIDE)
    near_m, focus_m = np.quantile(depths, (NEAR_QUANTILE, FOCUS_QUANTILE)).tolist()
    motion = motion_for_depths(near_m, max(NEAREST_TARGET_M, focus_m), full)
    renderer = CpuRenderer(gaussians, threads=1)
    eye = renderer.render_planes(Camera(view, np.eye(4)))
    box = np.array(_EYES) * (motion.lateral_m, motion.lateral_m, motion.forward_m)
    around = [renderer.render_planes(Camera(view, place)) for place in viewmats(box, motion)]

    target = _resized(photo, view.width, view.height)
    rendered = _srgb(eye.color)
    inner = _inner(view.height, view.width)
    depth = np.where(eye.alpha > 0.5, eye.depth, np.nan)
    near, median, far = np.nanquantile(depth[inner], (_NEAR, 0.5, _FAR)).tolist()
    disparity = np.nan_to_num(near / np.maximum(depth, near / 2))
    edges = _steps(disparity) > _EDGE
    return SceneMeasures(
        psnr_db=psnr(rendered[inner], target[inner]),
        ssim=ssim(rendered[inner], target[inner]),
        hole_share=float(np.mean([1 - frame.alpha[inner].mean() for frame in around])),
        parallax=motion.lateral_m * full.fx / full.width * (1 / near - 1 / far),
        relief=_relief(disparity[inner]),
        depth_noise=_noise(disparity[inner]),
        stray_share=_stray_share(around, near, inner),
        edge_share=float(edges[inner].mean()),
        loose_edge_share=_loose_share(edges[inner], target[inner]),
        detail_share=float((_steps(target[inner].mean(axis=2) / 255) > _DETAIL).mean()),
        near_m=near,
        median_m=median,
    )


def _inner(height: int, width: int) -> tuple[slice, slice]:
    rows, columns = round(height * _BORDER), round(width * _BORDER)
    return slice(rows, height - rows), slice(columns, width - columns)


def _resized(photo: Pixels, width: int, height: int) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BOX))


def _srgb(linear: Plane) -> Pixels:
    """Encode linear light as 8-bit sRGB (IEC 61966-2-1)."""
    light = linear.clip(0, 1)
    encoded = np.where(
        light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055
    )
    return (encoded * 255).round().astype(np.uint8)


def _window(plane: npt.NDArray[np.generic], radius: int) -> npt.NDArray[np.generic]:
    padded = np.pad(plane, radius, mode="edge")
    size = 2 * radius + 1
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size)).reshape(*plane.shape, -1)


def _steps(plane: Plane) -> Plane:
    """Return the largest step from each pixel to the next one to the right or below."""
    right = np.abs(np.diff(plane, axis=1, append=plane[:, -1:]))
    below = np.abs(np.diff(plane, axis=0, append=plane[-1:]))
    return np.maximum(right, below)


def _relief(disparity: Plane) -> float:
    """Return how far disparity is from the plane that fits it best. A plane in space is one."""
    height, width = disparity.shape
    rows, columns = np.mgrid[:height, :width]
    terms = np.stack((columns.ravel(), rows.ravel(), np.ones(disparity.size)), axis=1)
    plane = np.linalg.lstsq(terms, disparity.ravel(), rcond=None)[0]
    return float(np.std(disparity.ravel() - terms @ plane))


def _noise(disparity: Plane) -> float:
    """Return the mean bend of disparity along rows and columns, where there is no edge."""
    bends = [np.abs(lines[2:] - 2 * lines[1:-1] + lines[:-2]) for lines in (disparity, disparity.T)]
    return float(
        np.mean([bend[bend < _EDGE].mean() if (bend < _EDGE).any() else 0 for bend in bends])
    )


def _stray_share(frames: list[FrameBuffer], near: float, inner: tuple[slice, slice]) -> float:
    """Return the share of pixels that are nearer than all but a few of their 5 x 5 neighbours."""
    shares = []
    for frame in frames[:2]:
        disparity = near / np.maximum(frame.depth[inner], near / 2)
        around = np.partition(_window(disparity, 2), 19, axis=-1)[..., 19]
        shares.append(float((disparity > around + _STRAY).mean()))
    return float(np.mean(shares))


def _loose_share(edges: npt.NDArray[np.bool_], photo: Pixels) -> float:
    """Return the share of depth edges where the photo has no edge."""
    if edges.sum() < 20:
        return 0.0
    luma = photo.mean(axis=2)
    found = _window(luma, 2)[edges]
    return float((np.ptp(found, axis=-1) < _PHOTO_EDGE).mean())
