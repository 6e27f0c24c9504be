"""The entry of the format SPZ."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import SplatFormat
from sharp_core.formats.spz.options import SpzOptions

SPZ = SplatFormat(
    name="spz",
    label="SPZ, compressed, for Niantic's tools",
    suffixes=(".spz",),
    read=Lazy("sharp_core.formats.spz.read", "read_spz"),
    write=Lazy("sharp_core.formats.spz.write", "write_spz"),
    bytes_per_gaussian=15.3,
    check=Lazy("sharp_core.formats.spz.unpack", "unpack_file"),
    is_storable=True,
    assumed_axes=("RDF", "RUB"),
    options=SpzOptions,
    versions={3: SpzOptions(3), 4: SpzOptions(4)},
    versions_label="3 for most tools, 4 for PlayCanvas's engine, which reads no other",
)
