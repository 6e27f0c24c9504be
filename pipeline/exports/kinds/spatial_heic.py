"""Kind `spatial-heic`: a spatial photo for Apple's headsets and phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind, KindGroup

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_QUALITY = 70  # 44 dB or more


def _write(file: BinaryIO, scene: ExportScene) -> None:
    from pipeline.exports.metadata import srgb_profile
    from sharp_core.containers.heif_camera import StereoCamera
    from sharp_core.spatial.heic_write import write_spatial_heic

    plan = scene.stereo
    camera = StereoCamera(plan.focal_share, plan.baseline_m, plan.adjustment)
    write_spatial_heic(
        file,
        *scene.eyes.parallel(),
        camera,
        quality=_QUALITY,
        exif=scene.exif_of(plan.view.width, plan.view.height),
        icc_profile=srgb_profile(),
    )


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
)
