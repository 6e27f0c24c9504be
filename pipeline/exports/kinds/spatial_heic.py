"""Kind `spatial-heic`: a spatial photo for Apple's headsets and phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind, KindGroup
from schemas.export_settings import EYE_DISTANCE_MM, ExportSettings

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene
    from sharp_core.scene.cameras import Intrinsics

_QUALITY = 70  # 44 dB or more


def _write(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.exports.metadata import srgb_profile
    from sharp_core.containers.heif_camera import StereoCamera
    from sharp_core.scene.cameras import Intrinsics
    from sharp_core.spatial.heic_write import cropped_to_limits, write_spatial_heic

    plan = scene.stereo
    camera = StereoCamera(plan.focal_share, plan.baseline_m, plan.adjustment)
    left, right, camera = cropped_to_limits(*scene.eyes.parallel(), camera)
    height, width = left.shape[:2]
    cropped = Intrinsics.of_photo(plan.view.fx, width, height)
    write_spatial_heic(
        file,
        left,
        right,
        camera,
        quality=_QUALITY,
        exif=scene.exif_of(width, height, cropped),
        icc_profile=srgb_profile(),
    )


def _refuses(_settings: ExportSettings, photo: Intrinsics) -> str:
    """Refuse photos that are too narrow. Those that are too wide are cropped."""
    from sharp_core.containers.heif_camera import StereoCamera
    from sharp_core.containers.spatial_limits import NARROWEST_DEG, camera_problems
    from sharp_core.spatial.heic_write import NOT_SPATIAL

    camera = StereoCamera(photo.fx / photo.width, EYE_DISTANCE_MM / 1000, 0.0)
    if camera.field_of_view_deg >= NARROWEST_DEG:
        return ""
    return f"{NOT_SPATIAL}: {camera_problems(camera).errors[0]}"


def _check() -> None:
    from sharp_core.spatial.heic_write import check_hevc_encoder

    check_hevc_encoder()


SPATIAL_HEIC = ExportKind(
    "spatial-heic",
    "a spatial photo: Vision Pro, iPhone",
    KindGroup.SPATIAL,
    "_spatial.heic",
    _write,
    (*STEREO, *METADATA),
    _check,
    _refuses,
)
