"""Axes, orders and constants that every module shares. Each is defined here only.

- World and camera axes follow OpenCV: x right, y down, z forward, in metres. A scene's world is
  the camera of its photo, at the origin. `viewmat` (4, 4) maps world to camera.
- Quaternions are (w, x, y, z), of unit length unless a docstring says otherwise.
- `intrinsics` (3, 3) are in pixels; the centre of the top left pixel is (0.5, 0.5).
- Colours of Gaussians are linear RGB of sRGB's primaries, in [0, 1].
- Images are sRGB-encoded unless their name says linear.
- The N Gaussians of a predictor are in the order layer, row, column: `LAYERS` layers of a square
  grid. Layer 0 is the visible surface, layer 1 is the surface that layer 0 hides.
"""

from __future__ import annotations

import math

COLUMNS = 14  # of Gaussians as one array: 3 means, 4 quats, 3 scales, 1 opacity, 3 colors
LAYERS = 2  # of Gaussians in a predicted scene

# Real spherical harmonic of degree 0, 1 / (2 sqrt(pi)): 3DGS files store (colour - 0.5) / SH_C0.
SH_C0 = 0.28209479177387814


def is_grid_count(count: int) -> bool:
    """Tell whether a predictor's grid can have so many Gaussians: `LAYERS` equal squares."""
    side = math.isqrt(count // LAYERS)
    return count == LAYERS * side * side
