"""Which Gaussians some views show, and with what weight. Pruning and merging begin with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor

from schemas.errors import MissingToolError
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians

if TYPE_CHECKING:
    from sharp_core.render.cpu.weights import BlendWeights

# Half a step of an 8-bit image: a Gaussian with a smaller weight changes no pixel by itself.
_LEAST_WEIGHT = 0.5 / 255


class Visibility(NamedTuple):
    """What some views show of N Gaussians."""

    weights: BlendWeights
    is_seen: Tensor  # (N,) bool


def visibility(gaussians: Gaussians, cameras: Sequence[Camera], purpose: str) -> Visibility:
    """Return which Gaussians, on the CPU, the views show.

    Raises ValueError if none is visible; without numba MissingToolError, which says that `purpose`
    needs it.
    """
    try:
        from sharp_core.render.cpu.weights import blend_weights
    except ImportError:
        raise MissingToolError(
            f"{purpose} needs numba, which is not installed: pip install numba"
        ) from None
    weights = blend_weights(gaussians, cameras)
    is_seen = weights.maximum >= _LEAST_WEIGHT
    if not bool(is_seen.any()):
        raise ValueError("nothing of it can be seen from where its photo was taken")
    return Visibility(weights, is_seen)
