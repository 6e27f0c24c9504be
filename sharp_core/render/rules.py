"""Rasterisation thresholds that every engine uses, each with its reason.

They are those of gsplat's classic rasteriser, which the published model was trained with. Other
values would render scenes differently from training.
"""

from __future__ import annotations

# Near plane: Gaussians nearer than this are skipped. Their projection diverges at the camera plane.
NEAR_M = 0.01

# A weaker contribution cannot change an 8-bit image. The cut-off makes every footprint finite.
MIN_ALPHA = 1 / 255

# No Gaussian is fully opaque: otherwise the gradient of what it hides would vanish.
MAX_ALPHA = 0.999

# Transmittance at which a pixel counts as opaque. The Gaussian that would cross it is skipped.
MIN_TRANSMITTANCE = 1e-4

# The projection's Jacobian is evaluated at a point that is clamped to the image plus this share of
# its sides. Farther out, the affine approximation would smear a Gaussian over the whole image.
JACOBIAN_MARGIN = 0.15

# Depth is divided by alpha. This floor makes depth 0, not undefined, where alpha is 0.
ALPHA_FLOOR = 1e-8
