"""EXIF directories -> the tags that PhotoMeta is made of, by number, as text or as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sharp_core.containers.exif import EXIF_IFD, read_exif_blocks
from sharp_core.containers.exif_values import TagValue, value_of

Tags = Mapping[int, TagValue]


@dataclass(frozen=True, slots=True)
class ExifTags:
    """The tags of one file by their EXIF numbers. `main` is IFD0 and the Exif IFD together."""

    main: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)


def read_tags(blocks: Iterable[bytes], gps_block: bytes | None = None) -> ExifTags:
    """Read EXIF blocks; where two have a tag, the first one's counts. Raises nothing.

    `gps_block` is one whose first directory is a GPS IFD.
    """
    exif = read_exif_blocks(blocks, gps_block)
    # A tag that stands in both directories counts where it belongs: above the pointer, in Exif's.
    own = {tag: entry for tag, entry in exif.exif.items() if tag > EXIF_IFD}
    main = {**exif.exif, **exif.image, **own}
    return ExifTags(
        {tag: value_of(entry) for tag, entry in main.items()},
        {tag: value_of(entry) for tag, entry in exif.gps.items()},
    )
