"""The facts about photo and program that splat files store."""

from __future__ import annotations

from schemas.program import GENERATOR
from schemas.records import DecodedPhoto, SceneFile
from sharp_core.formats.scene import SceneInfo


def info_of(photo: DecodedPhoto) -> SceneInfo:
    """Return what makes the photo's scene metric and viewable."""
    width, height = photo.view_size
    is_360 = photo.sphere is not None
    return SceneInfo(photo.focal.px, width, height, photo.file.photo_id, GENERATOR, is_360)


def info_of_stored(scene: SceneFile) -> SceneInfo:
    """Return the same of a stored scene."""
    size = scene.focal_px, scene.width, scene.height
    return SceneInfo(*size, scene.photo.photo_id, GENERATOR, scene.is_360)
