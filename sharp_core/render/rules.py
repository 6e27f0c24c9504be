"""What every engine agrees on: the thresholds of rasterisation, each with its reason.

They are those of gsplat's classic rasteriser, which the published model was trained with; another
value here would show scenes as their network never saw them.
"""

from __future__ import annotations

# Gaussians nearer than this are left out: their projection explodes towards the camera's plane.
NEAR_M = 0.01

# A weaker contribution could not change an 8-bit picture, and every Gaussian gets a finite size.
MIN_ALPHA = 1 / 255

# No single Gaussian hides all that is behind it, or the gradient to what is hidden would vanish.
MAX_ALPHA = 0.999

# What still passes where a pixel counts as opaque. The Gaussian that would cross it is left out.
MIN_TRANSMITTANCE = 1e-4

# The projection's Jacobian is taken at a point kept within this share of the picture's sides
# outside its borders: farther out the affine approximation would smear a Gaussian over everything.
JACOBIAN_MARGIN = 0.15

# Depth is a mean weighted by alpha. Where nothing was hit this keeps it at 0 rather than undefined.
ALPHA_FLOOR = 1e-8
