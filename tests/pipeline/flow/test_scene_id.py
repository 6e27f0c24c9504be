from __future__ import annotations

from pipeline.flow.scene_id import scene_id_of
from schemas.settings import PhotoSettings


def test_ignoring_depth_changes_the_id_only_for_formats_that_can_contain_depth() -> None:
    off = PhotoSettings(photo_depth=False)
    heif = [
        scene_id_of("0" * 32, "heif", "m", settings, None) for settings in (PhotoSettings(), off)
    ]
    jpeg = [
        scene_id_of("0" * 32, "jpeg", "m", settings, None) for settings in (PhotoSettings(), off)
    ]
    assert heif[0] != heif[1]
    assert jpeg[0] == jpeg[1]
