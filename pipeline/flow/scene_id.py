"""What names a scene: its photo, the model, and the settings that change the Gaussians."""

from __future__ import annotations

import hashlib
import json

from schemas.records import MediaType
from schemas.settings import PhotoSettings

_RAW_TYPES = frozenset({MediaType.RAW, MediaType.DNG})
_ID_LENGTH = 32  # hex digits: 128 bits, no collision in any collection


def scene_id_of(
    photo_id: str,
    media_type: str,
    model_fingerprint: str,
    settings: PhotoSettings,
    user_focal_35mm: float | None,
    *,
    is_sphere: bool = False,
) -> str:
    """Return the id of the scene that a photo gives with a model and settings.

    `user_focal_35mm` is what a person has set for this photo, None where the photo's own focal
    length counts; `is_sphere` is whether the photo is a 360° panorama. Only what changes the scene
    takes part, so that other options never make a photo due again.
    """
    parts: list[object] = [photo_id, model_fingerprint, user_focal_35mm]
    if settings.full_raw and media_type in _RAW_TYPES:
        parts.append("full_raw")
    if not settings.photo_depth and media_type == MediaType.HEIF:
        parts.append("no_own_depth")  # an old name: ids must not change
    if is_sphere:
        parts.append("360")
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_ID_LENGTH]
