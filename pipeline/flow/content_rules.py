"""Photos that are skipped for what they show, which their file has to be read for.

The reason is recorded, so that no later run reads the file again (`pipeline.flow.due_rules`).
"""

from __future__ import annotations

import math

from pipeline.metadata.projection import Projection
from schemas.reasons import SkipReason
from schemas.settings import PhotoSettings

OWN_EXPORT_MESSAGE = (
    "this program exported it from a library: the photo that it was made of is in there"
)
# No setting includes these photos.
LASTING = frozenset({SkipReason.OWN_EXPORT, SkipReason.FISHEYE})


def skip_by_projection(
    projection: Projection, settings: PhotoSettings
) -> tuple[SkipReason, str] | None:
    """Return why a photo is skipped for its projection, with a message; None where it is not."""
    if projection.fisheye is not None:
        return SkipReason.FISHEYE, (
            f"taken with a fisheye lens ({projection.fisheye}), whose view no flat picture has; "
            "a version of it without distortion, from an editor, can become a scene"
        )
    if projection.sphere is not None and not settings.allow_360:
        across = round(math.degrees(projection.sphere.width / projection.sphere.pixels_per_radian))
        return SkipReason.PANORAMA_360, (
            f"a panorama of {across}° in equirectangular projection; "
            "'ingest --allow-360' makes a scene to look around in"
        )
    return None
