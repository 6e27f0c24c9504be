"""How many Gaussians the levels of detail of a scene have. Imports nothing: menus need no more."""

from __future__ import annotations

# Of the level that shows a first picture: with the quality `small` it has less than 450 kB.
COARSE_GAUSSIANS = 80_000
# Between that level and the whole scene.
MIDDLE_GAUSSIANS = 300_000
# A scene with fewer than that has no levels: they would hardly be smaller.
WORTH_LEVELS = 2 * COARSE_GAUSSIANS
