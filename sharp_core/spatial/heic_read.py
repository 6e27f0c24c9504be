"""What a spatial photo says of its two eyes: which items they are, and their cameras."""

from __future__ import annotations

from typing import NamedTuple

from schemas.errors import HeifError
from sharp_core.containers.heif import Heif
from sharp_core.containers.heif_camera import (
    EXTRINSICS,
    EXTRINSICS_UUID,
    INTRINSICS,
    INTRINSICS_UUID,
    STEREO_GROUP,
    CameraIntrinsics,
    kind_of,
    read_extrinsics,
    read_intrinsics,
)
from sharp_core.containers.isobmff import Box

_INTRINSICS, _EXTRINSICS = {INTRINSICS_UUID, INTRINSICS}, {EXTRINSICS_UUID, EXTRINSICS}
_MOST_TURN_DEG = 0.1


class SpatialEyes(NamedTuple):
    """Both eyes of a spatial photo, left first."""

    items: tuple[int, int]
    intrinsics: tuple[CameraIntrinsics, CameraIntrinsics]
    baseline_m: float


def stereo_items(heif: Heif) -> tuple[int, int] | None:
    """Return the items of the left and the right eye; None where the file is no stereo photo."""
    pairs = [
        group.entity_ids
        for group in heif.groups
        if group.kind == STEREO_GROUP and len(group.entity_ids) == 2
    ]
    return (pairs[0][0], pairs[0][1]) if pairs else None


def read_eyes(heif: Heif, items: tuple[int, int]) -> SpatialEyes:
    """Read the cameras of a stereo photo. Raises HeifError where one is missing or turned."""
    try:
        intrinsics = [
            read_intrinsics(heif.data, _one(heif, item, _INTRINSICS, "intrinsics"))
            for item in items
        ]
        places = [
            read_extrinsics(heif.data, _one(heif, item, _EXTRINSICS, "extrinsics"))
            for item in items
        ]
    except ValueError as error:
        raise HeifError(f"the camera of the stereo photo: {error}") from error
    if any(place.turn_deg > _MOST_TURN_DEG for place in places):
        raise HeifError("the cameras of the stereo photo are turned towards each other")
    if min(one.focal for one in intrinsics) <= 0:
        raise HeifError("the stereo photo states a focal length of zero")
    return SpatialEyes(
        items, (intrinsics[0], intrinsics[1]), baseline_m=places[1].x_m - places[0].x_m
    )


def _one(heif: Heif, item: int, kinds: set[bytes], what: str) -> Box:
    found = [box for box in heif.properties_of(item) if kind_of(heif.data, box) in kinds]
    if not found:
        raise HeifError(f"item {item} of the stereo photo has no {what}")
    return found[0]
