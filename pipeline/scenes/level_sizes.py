"""How large the levels of detail of a scene are. Imports nothing: menus need no more."""

from __future__ import annotations

# Of the level that shows a first picture: about 420 kB. A scene whose level would have more bytes
# than that gets fewer Gaussians.
COARSE_GAUSSIANS = 72_000
MOST_COARSE_BYTES = 480_000
# Between that level and the whole scene.
MIDDLE_GAUSSIANS = 300_000
# A scene with fewer than that has no levels: they would hardly be smaller.
WORTH_LEVELS = 2 * COARSE_GAUSSIANS
