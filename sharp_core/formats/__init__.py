"""Splat files: reading and writing scenes. `registry` lists the formats without torch.

To add one: a folder with an `entry`, a reader and a writer, and one line in `registry`. One that
quantises names a `Preparation` too, and scenes are made small where they are predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from sharp_core.formats.entry import SplatFormat
    from sharp_core.formats.registry import FORMATS, format_of, read_scene, write_scene
    from sharp_core.formats.scene import SceneInfo, StoredScene

__all__ = [
    "FORMATS",
    "SceneInfo",
    "SplatFormat",
    "StoredScene",
    "format_of",
    "read_scene",
    "write_scene",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "entry": "SplatFormat",
            "registry": "FORMATS format_of read_scene write_scene",
            "scene": "SceneInfo StoredScene",
        },
    )
