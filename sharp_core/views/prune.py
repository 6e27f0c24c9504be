"""Pruning: find the Gaussians that are visible from the head box, and measure the loss in PSNR.

In: Gaussians in metres and the intrinsics of the photo. Out: a visibility mask and a PSNR in dB.
The head box is the volume of the published trajectories: sideways, up and down, and forward. A
Gaussian that no view from the box shows is pruned. The PSNR is measured at other positions in the
box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.trajectories import Motion, motion_of, viewmats
from sharp_core.views.visibility import visibility

# Long side of the renders for visibility. In a small render a Gaussian covers fewer pixels, but
# every Gaussian is spread over at least its own pixel, so none is missed.
_VISIBILITY_SIDE = 768
_PSNR_SIDE = 1280

# Camera positions as fractions of the head box: for visibility, and for the PSNR.
_BOX = tuple(itertools.product((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (0.0, 1.0)))
_BETWEEN = ((0.0, 0.0, 0.0), *itertools.product((-0.5, 0.5), (-0.5, 0.5), (0.5,)))
_BEST_PSNR = 100.0  # for images that do not differ


@dataclass(frozen=True, slots=True, eq=False)
class Pruning:
    """The visible Gaussians of a scene."""

    is_seen: Tensor  # (N,) bool
    psnr_db: float  # of the pruned scene against the whole one, over views in the head box

    def remove_unseen(self, gaussians: Gaussians) -> Gaussians:
        """Return the scene without its invisible Gaussians."""
        return gaussians.select(self.is_seen)

    def make_transparent(self, gaussians: Gaussians) -> Gaussians:
        """Return the scene with an opacity of zero for invisible Gaussians; their order stays."""
        return replace(gaussians, opacities=gaussians.opacities * self.is_seen)


def prune(gaussians: Gaussians, photo: Intrinsics) -> Pruning:
    """Find the Gaussians that are visible from the head box, and measure the loss in PSNR.

    Raises ValueError if nothing is visible, and MissingToolError without numba.
    """
    gaussians = gaussians.to("cpu")
    motion = motion_of(gaussians, photo)
    cameras = _cameras(_BOX, motion, fit_long_side(photo, _VISIBILITY_SIDE))
    pruning = Pruning(visibility(gaussians, cameras, "pruning").is_seen, _BEST_PSNR)
    views = _cameras(_BETWEEN, motion, fit_long_side(photo, _PSNR_SIDE))
    pruned = pruning.remove_unseen(gaussians)
    return replace(pruning, psnr_db=psnr_between(gaussians, pruned, views))


def psnr_between(first: Gaussians, second: Gaussians, views: Iterable[Camera]) -> float:
    """Return the PSNR in dB between the 8-bit sRGB renders of two scenes, over all views."""
    renderers = make_renderer(first, "cpu"), make_renderer(second, "cpu")
    errors = []
    for view in views:
        one, other = (renderer.render(view).srgb8().astype(np.float64) for renderer in renderers)
        errors.append(np.square(one - other).mean())
    error = float(np.mean(errors)) / 255**2
    return min(_BEST_PSNR, -10 * math.log10(error)) if error else _BEST_PSNR


def _cameras(
    fractions: Iterable[tuple[float, float, float]], motion: Motion, view: Intrinsics
) -> list[Camera]:
    """Return cameras at positions that are given as fractions of the head box."""
    size = np.array([motion.lateral_m, motion.lateral_m, motion.forward_m])
    eyes = np.array(list(fractions)) * size
    return [Camera(view, viewmat) for viewmat in viewmats(eyes, motion)]
