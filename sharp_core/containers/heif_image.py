"""What a HEIF or AVIF file says of its primary image that decoders do not check or pass on.

In: the whole file. Out: whether a part of it is missing, and the image's transforms and colours.
Layout: ISO 14496-12 (`colr`).
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.errors import HeifError
from sharp_core.containers.cicp import Cicp
from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.heif_parts import IN_FILE
from sharp_core.containers.heif_transforms import (
    Crop,
    Mirror,
    Rotation,
    Transform,
    read_transforms,
)
from sharp_core.containers.isobmff import Box, BoxReader, boxes


class HeifImage(NamedTuple):
    """What a file says of its primary image."""

    cut_off: bool = False  # something that the file refers to lies beyond its end
    transforms: tuple[Transform, ...] = ()  # in their order
    size: tuple[int, int] | None = None  # width and height before them
    cicp: Cicp | None = None  # the image's colours, where numbers give them

    @property
    def is_turned(self) -> bool:
        """Whether the file rotates or mirrors the image by itself."""
        return any(isinstance(transform, (Rotation, Mirror)) for transform in self.transforms)

    @property
    def is_cropped(self) -> bool:
        """Whether the file shows a part of the image."""
        return any(isinstance(transform, Crop) for transform in self.transforms)


def has_cut_off_box(data: bytes) -> bool:
    """Say whether a box of the file, at its top level, reaches beyond the end."""
    return any(box.end > len(data) for box in boxes(data))


def read_heif_image(data: bytes) -> HeifImage:
    """Read a HEIF or AVIF file. What cannot be read counts as not there; nothing is raised."""
    meta = next((box for box in boxes(data) if box.kind == b"meta"), None)
    if meta is None or meta.end > len(data):
        return HeifImage(cut_off=has_cut_off_box(data))
    try:
        heif = read_heif(data)
    except HeifError:
        return HeifImage()
    properties = heif.properties_of(heif.primary_id)
    return HeifImage(
        # Only what is referred to need be there: padding and trailers may be cut without harm.
        cut_off=_end_of_items(heif) > len(data),
        transforms=read_transforms(heif, heif.primary_id),
        size=heif.size_of(heif.primary_id),
        cicp=next((c for c in (_cicp(data, box) for box in properties) if c), None),
    )


def _end_of_items(heif: Heif) -> int:
    """Return the offset after the last byte of any item that lies in this file itself."""
    here = (
        location
        for location in heif.locations.values()
        if location.method == IN_FILE and not location.is_in_other_file
    )
    return max((offset + length for found in here for offset, length in found.extents), default=0)


def _cicp(data: bytes, box: Box) -> Cicp | None:
    if box.kind != b"colr" or data[box.start : box.start + 4] != b"nclx":
        return None
    read = BoxReader(data, Box(box.kind, box.start + 4, box.end))
    return Cicp(read.uint(2), read.uint(2)) if read.left >= 4 else None
