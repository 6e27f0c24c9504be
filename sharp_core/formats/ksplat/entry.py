"""The entry of the format KSPLAT, which is read only."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat

KSPLAT = SplatFormat(
    name="ksplat",
    label="KSPLAT of GaussianSplats3D, read only",
    suffixes=(".ksplat",),
    read=Lazy("sharp_core.formats.ksplat.read", "read_ksplat"),
    write=None,
    bytes_per_gaussian=24.0,
)
