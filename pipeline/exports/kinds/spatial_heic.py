"""Kind `spatial-heic`: a spatial photo for Apple's headsets and phones."""

from __future__ import annotations

from typing import BinaryIO

from pipeline.exports.kind import METADATA, STEREO, ExportKind
from pipeline.exports.metadata import srgb_profile
from pipeline.exports.scene import ExportScene
from sharp_core.containers.heif_camera import StereoCamera
from sharp_core.spatial.heic_write import write_spatial_heic

_QUALITY = 70  # 44 dB or more


def _write(file: BinaryIO, scene: ExportScene) -> None:
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


SPATIAL_HEIC = ExportKind(
    "spatial-heic",
    "a spatial photo: Vision Pro, iPhone",
    "_spatial.heic",
    _write,
    (*STEREO, *METADATA),
)
