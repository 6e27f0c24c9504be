"""The entry of the format `.splat`."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat

SPLAT = SplatFormat(
    name="splat",
    label="SPLAT, for older viewers",
    suffixes=(".splat",),
    read=Lazy("sharp_core.formats.splat.codec", "read_splat"),
    write=Lazy("sharp_core.formats.splat.codec", "write_splat"),
    bytes_per_gaussian=32.0,
)
