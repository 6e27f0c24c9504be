"""The part of a 360° scene to its front, as the scene of an ordinary photo.

Clips, stills, stereo pairs and depth maps show it: they are made for one view.
"""

from __future__ import annotations

from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians

_BEYOND = 1.05  # of the view on each side: the camera moves, and Gaussians have a width


def front_of(gaussians: Gaussians, view: Intrinsics) -> Gaussians:
    """Return the Gaussians that a view from the eye along z shows.

    Raises ValueError where there are none.
    """
    x, y, z = gaussians.means.unbind(1)
    across, down = (_BEYOND * view.width / 2 / view.fx, _BEYOND * view.height / 2 / view.fy)
    seen = (z > 0) & (x.abs() < across * z) & (y.abs() < down * z)
    if not bool(seen.any()):
        raise ValueError("nothing is to the front of the scene")
    return gaussians.select(seen)
