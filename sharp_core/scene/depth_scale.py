"""One factor that brings a predicted scene to the depth that a photo carries itself.

A network's depth is right in shape sooner than in size, and a phone's depth map the other way
round: coarse and soft at edges, but measured. So of the map only its size is taken, as the median
ratio over the photo, and the shape stays the network's. Scaling the finished scene is the same as
scaling depth inside the network, which divides by the nearest depth first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.models.sharp.network.config import LAYERS
from sharp_core.scene.gaussians import Gaussians

_SMALLEST_SHARE = 0.05  # of the photo that must have a depth on both sides
# Of the logarithm of the ratio: beyond it the two see different shapes, and no factor helps.
_LARGEST_SPREAD = 0.5
_TO_STANDARD_DEVIATION = 1.4826  # from the median absolute deviation of a normal distribution


class DepthScale(NamedTuple):
    """How a scene's depth differs from a measured one."""

    factor: float  # measured over predicted
    spread: float  # standard deviation of the ratio's logarithm, robustly
    share: float  # of the photo that was compared

    @property
    def agrees(self) -> bool:
        """Say whether the factor means anything: shapes agree, over enough of the photo."""
        return self.share >= _SMALLEST_SHARE and self.spread <= _LARGEST_SPREAD


def compare_depth(scene: Gaussians, depth_m: npt.NDArray[np.float32]) -> DepthScale:
    """Compare a predictor's scene with a depth map (height, width) of the same upright photo.

    The map is in metres and covers the whole photo at any resolution; what is not known in it is
    NaN, zero or infinite. `scene` must be in a predictor's order: its visible surface is compared.
    """
    cells = math.isqrt(len(scene) // LAYERS)
    if LAYERS * cells**2 != len(scene):
        raise ValueError(f"{len(scene)} Gaussians are not {LAYERS} layers of a square grid")
    height, width = depth_m.shape
    centers = (np.arange(cells) + 0.5) / cells
    rows, columns = (centers * height).astype(np.intp), (centers * width).astype(np.intp)
    measured = depth_m[rows[:, None], columns].ravel()
    predicted = scene.means[: cells**2, 2].detach().cpu().numpy()
    known = np.isfinite(measured) & (measured > 0) & (predicted > 0)
    if not known.any():
        return DepthScale(1.0, math.inf, 0.0)
    ratios = np.log(measured[known].astype(np.float64) / predicted[known])
    middle = float(np.median(ratios))
    spread = _TO_STANDARD_DEVIATION * float(np.median(np.abs(ratios - middle)))
    return DepthScale(math.exp(middle), spread, float(known.mean()))


def scaled(scene: Gaussians, factor: float) -> Gaussians:
    """Return the scene `factor` times as large, seen from the same place with the same picture."""
    return Gaussians(
        scene.means * factor, scene.quats, scene.scales * factor, scene.opacities, scene.colors
    )


def scaled_by_depth(
    scene: Gaussians, depth_m: npt.NDArray[np.float32] | None
) -> tuple[Gaussians, float | None]:
    """Return the scene in the size that a measured depth gives it, and the factor.

    The factor is None, and the scene as it was, where there is no depth, or where the two see
    different shapes, so that no factor would help.
    """
    if depth_m is None:
        return scene, None
    found = compare_depth(scene, depth_m)
    if not found.agrees:
        return scene, None
    return scaled(scene, found.factor), found.factor
