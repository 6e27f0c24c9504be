"""The entry of the format PLY."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat
from sharp_core.formats.ply.options import PlyOptions

PLY = SplatFormat(
    name="ply",
    label="PLY, for every splat tool",
    suffixes=(".ply",),
    read=Lazy("sharp_core.formats.ply.read", "read_ply"),
    write=Lazy("sharp_core.formats.ply.write", "write_ply"),
    bytes_per_gaussian=56.0,
    check=Lazy("sharp_core.formats.ply.check", "check_ply"),
    is_storable=True,
    options=PlyOptions,
)
