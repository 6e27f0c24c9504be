"""Sizes and shapes of photos that become scenes unless a setting allows others too."""

from __future__ import annotations

SMALLEST_SIDE_PX = 256  # below this a network fed with 1536 px invents most of what it sees
WIDEST_ASPECT = 2.5  # long to short side; beyond this a panorama is likelier than a pinhole camera
