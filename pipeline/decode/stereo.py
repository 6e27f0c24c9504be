"""A stereo photo's file -> both eyes as upright sRGB pixels, and what is known of their cameras.

| file | where its calibration comes from |
|---|---|
| spatial HEIC | intrinsics and extrinsics of each eye, in the file |
| MPO | baseline from its index or a table of cameras; focal length from EXIF |
| JPS, side by side, top-bottom | focal length from EXIF; the baseline has to be given |

All but the first are shifted sideways by an unknown number of pixels, which sets what lies at the
distance of the screen: their principal points are not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from pipeline.decode.decode import decode
from pipeline.decode.stereo_layout import layout_of, split_eyes
from pipeline.decode.to_srgb import to_srgb
from pipeline.metadata.focal import resolve_focal
from pipeline.metadata.read import read_metadata
from pipeline.scan.media_type import media_type
from schemas.choices import StereoLayout
from schemas.errors import HeifError, PhotoError
from schemas.reasons import FailureReason
from schemas.records import FocalSource, MediaType, PhotoMeta
from sharp_core.containers.heif import read_heif
from sharp_core.containers.heif_image import read_heif_image
from sharp_core.spatial.check_images import open_eyes
from sharp_core.spatial.heic_read import read_eyes, stereo_items
from sharp_core.spatial.jpeg_stereo_read import read_mpo

Pixels = npt.NDArray[np.uint8]
Point = tuple[float, float]

# Metres between the lenses, by the model that EXIF names: from the makers' data sheets.
_BASELINES = {
    "Nintendo 3DS": 0.035,
    "FinePix REAL 3D W1": 0.077,
    "FinePix REAL 3D W3": 0.075,
}


@dataclass(frozen=True, slots=True)
class GivenCamera:
    """What a person says of all stereo photos, in place of what their files say."""

    layout: StereoLayout = StereoLayout.AUTO
    baseline_m: float | None = None
    focal_35mm: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StereoPhoto:
    """Two pictures from parallel cameras side by side, of the same size."""

    left: Pixels  # (H, W, 3) sRGB
    right: Pixels
    focal_px: tuple[float, float]  # of each eye
    centers: tuple[Point, Point]  # principal points, in pixels
    baseline_m: float
    is_placed: bool  # whether the principal points are known
    notes: tuple[str, ...] = ()


def is_stereo(path: PurePath, data: bytes) -> bool:
    """Tell whether a file holds both eyes, by its structure or its name."""
    if media_type(data, path.suffix) is MediaType.HEIF:
        try:
            return stereo_items(read_heif(data)) is not None
        except HeifError:
            return False
    return read_mpo(data) is not None or layout_of(path, data) is not None


def decode_stereo(path: PurePath, data: bytes, given: GivenCamera) -> StereoPhoto:
    """Decode a stereo photo. Raises PhotoError where it is damaged or lacks its calibration."""
    kind = media_type(data, path.suffix)
    if kind is MediaType.HEIF and given.layout is StereoLayout.AUTO:
        return _spatial(data, given)
    meta = read_metadata(data, kind)
    mpo = read_mpo(data) if kind is MediaType.JPEG else None
    if mpo is not None and given.layout is StereoLayout.AUTO:
        left, right = (decode(eye, MediaType.JPEG) for eye in (mpo.left, mpo.right))
        baseline = mpo.baseline_m or _BASELINES.get(meta.camera_model or "")
    else:
        layout = layout_of(path, data) if given.layout is StereoLayout.AUTO else given.layout
        if layout is None:
            raise PhotoError(
                FailureReason.UNSUPPORTED,
                "nothing tells how both eyes lie in this file: give --layout",
            )
        left, right = split_eyes(decode(data, kind, meta.orientation), layout)
        baseline = None
    return _flat(left, right, meta, given.baseline_m or baseline, given)


def _spatial(data: bytes, given: GivenCamera) -> StereoPhoto:
    heif = read_heif(data)
    items = stereo_items(heif)
    if items is None:
        raise HeifError("this HEIC holds one photo, and no stereo pair")
    eyes = read_eyes(heif, items)
    cicp = read_heif_image(data).cicp
    left, right = (np.array(to_srgb(image, cicp)) for image in open_eyes(data, heif, items))
    _check_sizes(left, right)
    height, width = left.shape[:2]
    baseline = given.baseline_m or eyes.baseline_m
    if baseline <= 0:
        raise HeifError(f"the right camera stands {-1000 * baseline:.1f} mm left of the left one")
    return StereoPhoto(
        left,
        right,
        (eyes.intrinsics[0].focal * width, eyes.intrinsics[1].focal * width),
        (
            (eyes.intrinsics[0].x * width, eyes.intrinsics[0].y * height),
            (eyes.intrinsics[1].x * width, eyes.intrinsics[1].y * height),
        ),
        baseline,
        is_placed=True,
    )


def _flat(
    left: Pixels, right: Pixels, meta: PhotoMeta, baseline_m: float | None, given: GivenCamera
) -> StereoPhoto:
    _check_sizes(left, right)
    if baseline_m is None:
        raise PhotoError(
            FailureReason.UNSUPPORTED,
            "the file does not tell how far apart its cameras were: give --baseline-mm",
        )
    height, width = left.shape[:2]
    focal = resolve_focal(meta.focal, width, height, given.focal_35mm)
    notes = []
    if focal.source is FocalSource.DEFAULT:
        notes.append("the focal length of some files is not known: 30 mm are assumed")
    center = (width / 2, height / 2)
    return StereoPhoto(
        left,
        right,
        (focal.px, focal.px),
        (center, center),
        baseline_m,
        is_placed=False,
        notes=tuple(notes),
    )


def _check_sizes(left: Pixels, right: Pixels) -> None:
    if left.shape != right.shape:
        sizes = " and ".join(f"{eye.shape[1]} x {eye.shape[0]} px" for eye in (left, right))
        raise PhotoError(FailureReason.UNSUPPORTED, f"the two eyes differ in size: {sizes}")
