"""How a photo maps the world to its picture: flat, as a sphere (360°), or by a fisheye lens.

In: metadata, the file's name and the upright picture's size. Metadata of panoramas counts first
(Google's GPano), then the name of the lens, then the camera: a picture twice as wide as high is a
sphere only where its camera makes such. Many cameras of spheres can also store the two circles of
their lenses side by side: only the pixels tell (`shows_two_circles`).
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.metadata.focal import resolve_focal
from schemas.records import FocalLength, FocalSource, PanoramaTags, PhotoMeta, SphereWindow

_SPHERE = "equirectangular"
# A view of fewer degrees across is nearly what a wide lens shows.
_NARROWEST_DEG = 120
_SPHERE_CAMERAS = re.compile(
    r"theta|insta360|arashi vision|gopro (max|fusion)|sm-c200|sm-r210|gear 360|lg-r105|360 ?cam"
    r"|kandao|qoocam|obsidian|street ?view|osmo 360|mi ?sphere|madventure|virb 360|sp360|4kvr360"
    r"|orbit360|vuze|yi 360|keymission 360|panono|labpano|pilot (one|era)|trisio|xphase|matterport"
    r"|360 ?cv|cv60|nctech|z cam (s1|v1)|antigravity",
    re.IGNORECASE,
)
_FISHEYE_CAMERAS = re.compile(r"\bsp360", re.IGNORECASE)  # of one lens, whose circle they store
# Drones store ordinary photos as 4:3, 3:2 or 16:9, and stitch spheres at least this wide.
_DRONES = re.compile(r"\b(dji|hasselblad l|autel|parrot|skydio)", re.IGNORECASE)
_NARROWEST_OF_DRONES_PX = 4096
_FISHEYE_NAME = re.compile(r"fish[ _-]?eye", re.IGNORECASE)
# Fisheye lenses whose name in EXIF does not say so, by their focal length and aperture.
_FISHEYE_LENSES = re.compile(
    r"^10\.5 ?mm f/2\.8"  # AF DX Fisheye-Nikkor
    r"|\b8(\.0)?-15(\.0)? ?mm f/3\.5-4\.5"  # AF-S Fisheye Nikkor
    r"|\bEF8-15mm f/4L"  # Canon
    r"|\bM\.8mm F1\.8"  # Olympus
    r"|\b4\.5mm f/?2\.8 EX|\b8mm f/?(3\.5|4(\.0)?) EX|\b10mm f/?2\.8 EX|\b15mm f/?2\.8 EX"  # Sigma
    r"|\b10-17mm f/?3\.5-4\.5"  # Pentax, Tokina
    r"|\b7\.5mm f/?(2|2\.8|3\.5)\b|\b6\.5mm f/?2\b|\b4mm f/?2\.8"  # Samyang, Meike, Laowa
    r"|\b(samyang|rokinon|bower|walimex).*\b8mm"
    r"|\bVCL-ECF"  # Sony's converters
    r"|\bpeleng\b|\bzenitar\b.*\b16 ?mm|\bentaniya\b",
    re.IGNORECASE,
)
_NIKKOR_16MM = re.compile(r"^16(\.0)? ?mm f/2\.8", re.IGNORECASE)  # others make such without bend
_TWO_CIRCLES_SUFFIX = ".insp"
_BLACK = 16  # of 255; beside the circles is sensor noise
_LIT = 3  # times as bright as black: what is inside the circles


class Projection(NamedTuple):
    """What a photo's picture shows; an ordinary one has neither a sphere nor a fisheye."""

    sphere: SphereWindow | None = None
    fisheye: str | None = None  # what says that a fisheye lens took it
    is_by_camera: bool = False  # the sphere: two circles are as likely


def resolve_projection(meta: PhotoMeta, path: str, width: int, height: int) -> Projection:
    """Return the projection of an upright picture of this size. Raises nothing."""
    fisheye = _fisheye_by(meta, path, width, height)
    if fisheye is not None:
        return Projection(fisheye=fisheye)
    if meta.panorama.projection == _SPHERE or _is_part_of_sphere(meta.panorama):
        sphere = _window(meta.panorama, width, height)
        return Projection(sphere if width / sphere.full_width >= _NARROWEST_DEG / 360 else None)
    if width == 2 * height and _makes_spheres(_camera_of(meta), width):
        return Projection(SphereWindow(width, height, float(width), 0.0, 0.0), is_by_camera=True)
    return Projection()


def focal_in(
    projection: Projection, meta: PhotoMeta, width: int, height: int, set_focal_35mm: float | None
) -> FocalLength:
    """Return the focal length of a photo; of a sphere that of a flat view of its middle."""
    if projection.sphere is not None:
        return FocalLength(projection.sphere.pixels_per_radian, FocalSource.SPHERE)
    return resolve_focal(meta.focal, width, height, set_focal_35mm)


def shows_two_circles(pixels: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a picture (height, width, 3) is black but for two circles side by side."""
    height, width = pixels.shape[:2]
    side = max(1, height // 32)

    def brightness(x: float, y: float) -> float:
        left, top = round(x * (width - side)), round(y * (height - side))
        return float(pixels[top : top + side, left : left + side].mean())

    beside = [brightness(x, y) for x in (0, 0.5, 1) for y in (0, 1)]
    inside = [brightness(x, y) for x in (0.25, 0.75) for y in (0.15, 0.5, 0.85)]
    return max(beside) < _BLACK and float(np.median(inside)) > _LIT * _BLACK


def _fisheye_by(meta: PhotoMeta, path: str, width: int, height: int) -> str | None:
    """Return what says that a fisheye lens took the picture; None where nothing does."""
    if PurePath(path).suffix.lower() == _TWO_CIRCLES_SUFFIX:
        return "an .insp file holds the circles of two of them"
    projection = meta.panorama.projection or ""
    if "fisheye" in projection:
        return "its metadata says so"
    if projection == _SPHERE or meta.is_lens_corrected:
        return None
    lens, camera = meta.lens_model or "", _camera_of(meta)
    is_nikkor = camera.lower().startswith("nikon") and _NIKKOR_16MM.search(lens)
    if is_nikkor or _FISHEYE_NAME.search(lens) or _FISHEYE_LENSES.search(lens):
        return f"the lens {lens}"
    is_flat_sphere = width == 2 * height  # of two lenses, stitched
    return (
        f"the camera {camera}" if _FISHEYE_CAMERAS.search(camera) and not is_flat_sphere else None
    )


def _camera_of(meta: PhotoMeta) -> str:
    return f"{meta.camera_make or ''} {meta.camera_model or ''}".strip()


def _makes_spheres(camera: str, width: int) -> bool:
    if _SPHERE_CAMERAS.search(camera):
        return True
    return width >= _NARROWEST_OF_DRONES_PX and _DRONES.search(camera) is not None


def _is_part_of_sphere(tags: PanoramaTags) -> bool:
    """Tell whether tags without a projection say of which part of a sphere the picture is."""
    if tags.projection is not None or tags.full_size is None or tags.crop is None:
        return False
    return tags.full_size[0] == 2 * tags.full_size[1]


def _window(tags: PanoramaTags, width: int, height: int) -> SphereWindow:
    """Return what the tags say of a picture that may have been resized since.

    Without useful tags the picture goes all around, and its horizon is in the middle.
    """
    if tags.full_size is not None and tags.crop is not None:
        left, top, crop_width, crop_height = tags.crop
        scale = width / crop_width
        full_width, full_height = (scale * side for side in tags.full_size)
        fits = (
            abs(full_width - 2 * full_height) <= 0.01 * full_width
            and abs(scale * crop_height - height) <= 0.01 * height + 1
            and scale * left + width <= 1.01 * full_width
            and scale * top + height <= 1.01 * full_height
        )
        if fits:
            return SphereWindow(width, height, full_width, scale * left, scale * top)
    full = float(max(width, 2 * height))
    return SphereWindow(width, height, full, (full - width) / 2, (full / 2 - height) / 2)
