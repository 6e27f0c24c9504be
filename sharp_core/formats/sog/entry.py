"""The entry of the format SOG."""

from __future__ import annotations

from schemas.registry import Lazy
from sharp_core.formats.entry import FolderFormat, Preparation, SplatFormat
from sharp_core.formats.sog.settings import PRESETS, SogOptions

SOG = SplatFormat(
    name="sog",
    label="SOG, compressed, for PlayCanvas and SuperSplat",
    suffixes=(".sog",),
    read=Lazy("sharp_core.formats.sog.read", "read_sog"),
    write=Lazy("sharp_core.formats.sog.write", "write_sog"),
    bytes_per_gaussian=5.1,
    check=Lazy("sharp_core.formats.sog.unpack", "unpack_bundle"),
    is_storable=True,
    folder=FolderFormat(
        index_file="meta.json",
        read=Lazy("sharp_core.formats.sog.read", "read_sog_folder"),
        write=Lazy("sharp_core.formats.sog.write", "write_sog_folder"),
    ),
    preparation=Preparation(
        prepare=Lazy("sharp_core.formats.sog.write", "prepare_sog"),
        write=Lazy("sharp_core.formats.sog.bundle", "write_sog_planes"),
        bytes_per_gaussian=17,
    ),
    keeps_grid=True,
    options=SogOptions,
    qualities={preset: SogOptions(preset) for preset in PRESETS},
)
