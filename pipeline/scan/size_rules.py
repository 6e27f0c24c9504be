"""Photos that are skipped for their size and shape."""

from __future__ import annotations

from schemas.photo_limits import SMALLEST_SIDE_PX, WIDEST_ASPECT
from schemas.reasons import SkipReason
from schemas.settings import PhotoSettings


def skip_by_size(
    width: int, height: int, settings: PhotoSettings, *, is_sphere: bool = False
) -> SkipReason | None:
    """Return why a picture of this upright size is skipped, or None where it is not.

    A part of a sphere may be as wide as it likes.
    """
    if min(width, height) < SMALLEST_SIDE_PX and not settings.allow_small:
        return SkipReason.TOO_SMALL
    is_wide = max(width, height) > WIDEST_ASPECT * min(width, height)
    if is_wide and not settings.allow_wide and not is_sphere:
        return SkipReason.TOO_WIDE
    return None


def skip_message(reason: SkipReason, width: int, height: int) -> str:
    """Say what is wrong with the size, for a person."""
    if reason is SkipReason.TOO_SMALL:
        return f"{width} x {height} px; the smallest side allowed is {SMALLEST_SIDE_PX} px"
    return f"{width} x {height} px; wider than {WIDEST_ASPECT:g}:1, like a panorama"
