"""The facts about photo and program that splat files store."""

from __future__ import annotations

from schemas.program import GENERATOR
from schemas.records import DecodedPhoto
from sharp_core.formats.scene import SceneInfo


def info_of(photo: DecodedPhoto) -> SceneInfo:
    """Return what makes the photo's scene metric and viewable."""
    return SceneInfo(photo.focal.px, photo.width, photo.height, photo.file.photo_id, GENERATOR)
