"""Scale alignment: one factor that scales a predicted scene to the depth map of its photo.

In: a predicted scene and a depth map, both in metres. Out: the scaled scene and the factor.

The relative depth of a network is more reliable than its absolute scale. The depth map of a phone
is the opposite: coarse and soft at edges, but measured. So the map gives only the scale, as the
median ratio over the photo, and the shape stays that of the network. Scaling the finished scene is
equivalent to scaling depth inside the network, which divides by the nearest depth first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.scene.conventions import LAYERS
from sharp_core.scene.gaussians import Gaussians

_SMALLEST_SHARE = 0.05  # of the photo that must have a depth in both the scene and the map
# Of the logarithm of the ratio. Above this the two shapes differ, and one factor cannot align them.
_LARGEST_SPREAD = 0.5
_MAD_TO_STANDARD_DEVIATION = 1.4826  # of a normal distribution; MAD: median absolute deviation


class DepthScale(NamedTuple):
    """The ratio of measured depth to predicted depth."""

    factor: float  # median of measured / predicted
    spread: float  # robust standard deviation of the ratio's logarithm
    share: float  # of the photo that has a depth in both

    @property
    def agrees(self) -> bool:
        """Whether the factor is usable: the shapes agree, over enough of the photo."""
        return self.share >= _SMALLEST_SHARE and self.spread <= _LARGEST_SPREAD


def compare_depth(scene: Gaussians, depth_m: npt.NDArray[np.float32]) -> DepthScale:
    """Compare a predicted scene with a depth map (height, width) of the same upright photo.

    The map is in metres and covers the whole photo at any resolution. Unknown depth is NaN, zero or
    infinite. `scene` must be in the order of a predictor: only its visible surface is compared.
    Raises ValueError if the number of Gaussians does not fit that order.
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
    spread = _MAD_TO_STANDARD_DEVIATION * float(np.median(np.abs(ratios - middle)))
    return DepthScale(math.exp(middle), spread, float(known.mean()))


def scaled(scene: Gaussians, factor: float) -> Gaussians:
    """Return the scene scaled by `factor` about the photo's camera: the view stays the same."""
    return Gaussians(
        scene.means * factor, scene.quats, scene.scales * factor, scene.opacities, scene.colors
    )


def align_scale_to_depth(
    scene: Gaussians, depth_m: npt.NDArray[np.float32] | None
) -> tuple[Gaussians, float | None]:
    """Return the scene, scaled to the measured depth, and the factor.

    Without a depth map, or if the shapes do not agree, the scene is unchanged and the factor None.
    """
    if depth_m is None:
        return scene, None
    found = compare_depth(scene, depth_m)
    if not found.agrees:
        return scene, None
    return scaled(scene, found.factor), found.factor
