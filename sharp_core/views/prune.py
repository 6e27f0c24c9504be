"""Which Gaussians of a scene can be seen at all from where a viewer's head may be.

The head box reaches as far as the published trajectories: sideways, up and down, and ahead. What no
view from it shows is left out, and what that changes is measured from other places in the box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from schemas.errors import MissingToolError
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.trajectories import Motion, motion_of, viewmats

# Half a step of a picture of 8 bits: what nowhere weighs more changes no pixel by itself.
LEAST_WEIGHT = 0.5 / 255
# Sides of the pictures that are looked at. In smaller ones a Gaussian covers fewer pixels, but none
# has so few that it would be missed: every one is spread over its pixel.
_LOOKED_AT_SIDE = 768
_MEASURED_SIDE = 1280

_BOX = tuple(itertools.product((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (0.0, 1.0)))
_BETWEEN = ((0.0, 0.0, 0.0), *itertools.product((-0.5, 0.5), (-0.5, 0.5), (0.5,)))
_BEST_PSNR = 100.0  # for pictures that do not differ


@dataclass(frozen=True, slots=True, eq=False)
class Pruning:
    """What can be seen of a scene."""

    is_seen: Tensor  # (N,) bool
    psnr_db: float  # of the scene without the rest, over views within the head box

    def dropped(self, gaussians: Gaussians) -> Gaussians:
        """Return the scene without what cannot be seen."""
        seen = self.is_seen
        return Gaussians(
            gaussians.means[seen],
            gaussians.quats[seen],
            gaussians.scales[seen],
            gaussians.opacities[seen],
            gaussians.colors[seen],
        )

    def made_transparent(self, gaussians: Gaussians) -> Gaussians:
        """Return the scene with opacities of zero instead: all Gaussians keep their places."""
        return replace(gaussians, opacities=gaussians.opacities * self.is_seen)


def prune(gaussians: Gaussians, photo: Intrinsics) -> Pruning:
    """Find what can be seen from the head box, and measure what leaving out the rest changes.

    Raises ValueError if nothing can be seen, and MissingToolError without numba.
    """
    try:
        from sharp_core.render.cpu.weights import max_blend_weights
    except ImportError:
        raise MissingToolError(
            "pruning needs numba, which is not installed: pip install numba"
        ) from None
    gaussians = gaussians.to("cpu")
    motion = motion_of(gaussians, photo)
    cameras = _cameras(_BOX, motion, fit_long_side(photo, _LOOKED_AT_SIDE))
    is_seen = max_blend_weights(gaussians, cameras) >= LEAST_WEIGHT
    if not bool(is_seen.any()):
        raise ValueError("nothing of it can be seen from where its photo was taken")
    pruning = Pruning(is_seen, _BEST_PSNR)
    views = _cameras(_BETWEEN, motion, fit_long_side(photo, _MEASURED_SIDE))
    return replace(pruning, psnr_db=psnr_between(gaussians, pruning.dropped(gaussians), views))


def psnr_between(first: Gaussians, second: Gaussians, views: Iterable[Camera]) -> float:
    """Return the PSNR in dB of one scene's pictures against another's, in sRGB of 8 bits."""
    renderers = make_renderer(first, "cpu"), make_renderer(second, "cpu")
    errors = []
    for view in views:
        one, other = (renderer.render(view).srgb8().astype(np.float64) for renderer in renderers)
        errors.append(np.square(one - other).mean())
    error = float(np.mean(errors)) / 255**2
    return min(_BEST_PSNR, -10 * math.log10(error)) if error else _BEST_PSNR


def _cameras(
    places: Iterable[tuple[float, float, float]], motion: Motion, seen: Intrinsics
) -> list[Camera]:
    """Return cameras at shares of the head box's reach."""
    reach = np.array([motion.lateral_m, motion.lateral_m, motion.forward_m])
    eyes = np.array(list(places)) * reach
    return [Camera(seen, viewmat) for viewmat in viewmats(eyes, motion)]
