"""The entries of the formats USDZ and USD, which share their reader."""

from __future__ import annotations

from collections.abc import Callable

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat

_AXES = ("RUB", "LUF")  # as in glTF: the camera of a stage whose y points up looks along -z
_CHECK_TOOLS: Lazy[Callable[[], None]] = Lazy("sharp_core.formats.usd.tools", "check_usd_core")

USDZ = SplatFormat(
    name="usdz",
    label="USDZ with ParticleField3DGaussianSplat, for USD tools",
    suffixes=(".usdz",),
    read=Lazy("sharp_core.formats.usd.read", "read_usd"),
    read_path=Lazy("sharp_core.formats.usd.read", "read_usd_path"),
    write=Lazy("sharp_core.formats.usd.write", "write_usdz"),
    check_tools=_CHECK_TOOLS,
    bytes_per_gaussian=56.0,
    assumed_axes=_AXES,
)

USD = SplatFormat(
    name="usd",
    label="USD with ParticleField3DGaussianSplat, as one binary layer",
    suffixes=(".usdc", ".usd"),
    read_suffixes=(".usda",),
    read=Lazy("sharp_core.formats.usd.read", "read_usd"),
    read_path=Lazy("sharp_core.formats.usd.read", "read_usd_path"),
    write=Lazy("sharp_core.formats.usd.write", "write_usdc"),
    check_tools=_CHECK_TOOLS,
    bytes_per_gaussian=56.0,
    assumed_axes=_AXES,
)
