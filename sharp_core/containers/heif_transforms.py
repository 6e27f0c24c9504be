"""How a HEIF or AVIF file wants its image cropped, rotated and mirrored before it is shown.

These properties apply one after another in the order in which they belong to the image (ISO
23008-12, 6.5.8 `clap`, 6.5.10 `irot`, 6.5.12 `imir`). Crops are rounded as libheif does.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from sharp_core.containers.heif import Heif
from sharp_core.containers.isobmff import Box, BoxReader


class Crop(NamedTuple):
    """The clean aperture: its size, and how far right and below the centre its own one lies."""

    width: Fraction
    height: Fraction
    right: Fraction
    below: Fraction

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in an image of this size, the last two excluded.

        What lies outside the image is left out; a crop that leaves nothing is none.
        """
        left = math.trunc(self.right + Fraction(width - 1, 2) - (self.width - 1) / 2)
        top = _rounded(self.below + Fraction(height - 1, 2) - (self.height - 1) / 2)
        right = _rounded(self.width - 1 + left) + 1
        bottom = _rounded(self.height - 1 + top) + 1
        inside = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        is_empty = inside[0] >= inside[2] or inside[1] >= inside[3]
        return (0, 0, width, height) if is_empty else inside


class Rotation(NamedTuple):
    """A rotation against the clock."""

    quarter_turns: int


class Mirror(NamedTuple):
    """An exchange of left and right, or of top and bottom."""

    top_and_bottom: bool


Transform = Crop | Rotation | Mirror


def read_transforms(heif: Heif, item_id: int) -> tuple[Transform, ...]:
    """Return the transforms of an image in their order; those that make no sense are left out."""
    found = (_read(heif.data, box) for box in heif.properties_of(item_id))
    return tuple(transform for transform in found if transform is not None)


def transformed_size(transforms: tuple[Transform, ...], width: int, height: int) -> tuple[int, int]:
    """Return the size of an image after its transforms."""
    for transform in transforms:
        if isinstance(transform, Crop):
            left, top, right, bottom = transform.box(width, height)
            width, height = right - left, bottom - top
        elif isinstance(transform, Rotation) and transform.quarter_turns % 2:
            width, height = height, width
    return width, height


def _read(data: bytes, box: Box) -> Transform | None:
    read = BoxReader(data, box)
    try:
        match box.kind:
            case b"irot":
                return Rotation(read.uint(1) & 3)
            case b"imir":
                return Mirror(not read.uint(1) & 1)
            case b"clap":
                sizes = (Fraction(read.uint(4), read.uint(4)) for _ in range(2))
                offsets = (Fraction(read.sint(4), read.uint(4)) for _ in range(2))
                return Crop(*sizes, *offsets)
    except (EOFError, ZeroDivisionError):
        pass
    return None


def _rounded(value: Fraction) -> int:
    """Round as C++ does when it adds half of the denominator and divides."""
    return math.trunc(value + Fraction(value.denominator // 2, value.denominator))
