"""A scene in levels of detail: `lod-meta.json`, which names a SOG file for each level.

As PlayCanvas's engine and SuperSplat read it, and splat-transform writes it (version 1): a tree of
boxes, whose leaves say in which file, from which Gaussian on and how many Gaussians they have at
each level. Level 0 is the finest. A scene of one photo is seen from one place, so that its tree is
one leaf, and a level is one file. SuperSplat's viewer shows the coarsest level first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from schemas.program import GENERATOR

LEVELS_META = "lod-meta.json"
_VERSION = 1
_DIGITS = 7  # of a float32


class Level(NamedTuple):
    """One level: its file, by a path or an address, and how many Gaussians it has."""

    file: str
    gaussians: int


class Bounds(NamedTuple):
    """The box around all Gaussians, in metres and in the axes of the files."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


def levels_meta(levels: Sequence[Level], bounds: Bounds, **more: object) -> bytes:
    """Return the content of lod-meta.json. Levels come finest first.

    `more` are entries of a program's own, which other programs pass over.
    """
    low, high = ([float(f"{side:.{_DIGITS}g}") for side in corner] for corner in bounds)
    lods = {
        str(number): {"file": number, "offset": 0, "count": level.gaussians}
        for number, level in enumerate(levels)
    }
    counts = [level.gaussians for level in levels]
    meta = {
        "version": _VERSION,
        "asset": {"generator": GENERATOR},
        "count": sum(counts),
        "counts": counts,
        "lodLevels": len(levels),
        "filenames": [level.file for level in levels],
        "tree": {"bound": {"min": low, "max": high}, "lods": lods},
        **more,
    }
    return json.dumps(meta).encode()
