"""Levels of detail of a scene: the same scene with fewer Gaussians, merged by what views see."""

from __future__ import annotations

import io
from typing import BinaryIO

import torch

from pipeline.scenes.level_sizes import COARSE_GAUSSIANS, MOST_COARSE_BYTES
from pipeline.scenes.read import intrinsics_of, unviewable_scene_errors
from sharp_core.budget.reduce import reduced_to
from sharp_core.formats.registry import FORMATS, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.levels import Bounds
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import rotation_matrices

_FORMAT, _QUALITY = "sog", "small"  # what is lost is less than merging loses
_SAFETY = 0.95  # a smaller level needs somewhat more bytes for each Gaussian


def reduced_level(gaussians: Gaussians, info: SceneInfo, most: int, *, is_quick: bool) -> Gaussians:
    """Return the scene with at most `most` Gaussians; the scene itself if it has no more already.

    `is_quick` takes a sixth of the time, and looks worse by 9 dB (measured on one scene). Raises
    PhotoError if no view shows anything, and MissingToolError without numba.
    """
    with unviewable_scene_errors():
        reduced = reduced_to(
            gaussians, intrinsics_of(info), most, is_360=info.is_360, is_quick=is_quick
        )
    return gaussians if reduced is None else reduced


def coarse_level(
    gaussians: Gaussians, info: SceneInfo, *, is_quick: bool
) -> tuple[Gaussians, bytes]:
    """Return the level that shows a first picture, and its file, of at most 480 kB.

    Raises as `reduced_level` does.
    """
    most = COARSE_GAUSSIANS
    while True:
        level = reduced_level(gaussians, info, most, is_quick=is_quick)
        buffer = io.BytesIO()
        write_level(buffer, level, info)
        size = buffer.tell()
        if size <= MOST_COARSE_BYTES:
            return level, buffer.getvalue()
        most = int(_SAFETY * len(level) * MOST_COARSE_BYTES / size)


def write_level(file: BinaryIO, gaussians: Gaussians, info: SceneInfo) -> None:
    """Write a level as a SOG."""
    options = FORMATS.get(_FORMAT).options_for(_QUALITY)
    write_scene(file, gaussians, info, format_name=_FORMAT, options=options)


def bounds_of(*scenes: Gaussians) -> Bounds:
    """Return the box around all these scenes, each Gaussian as large as its standard deviations.

    So splat-transform measures it.
    """
    lows, highs = [], []
    for scene in scenes:
        axes = rotation_matrices(scene.quats) * scene.scales[:, None, :]
        reach = axes.abs().sum(dim=2)
        lows.append((scene.means - reach).amin(dim=0))
        highs.append((scene.means + reach).amax(dim=0))
    low, high = torch.stack(lows).amin(dim=0), torch.stack(highs).amax(dim=0)
    return Bounds(*((float(x), float(y), float(z)) for x, y, z in (low.tolist(), high.tolist())))
