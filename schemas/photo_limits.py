"""Limits: how many photos a command takes, and of which sizes and shapes it makes scenes."""

from __future__ import annotations

MAX_LIMIT = 1_000_000_000  # more photos than anyone has, and a number that every database takes
# Unless a setting allows others too:
SMALLEST_SIDE_PX = 256  # below this a network fed with 1536 px invents most of what it sees
WIDEST_ASPECT = 2.5  # long to short side; beyond this a panorama is likelier than a pinhole camera
