"""Flags of a photo: one small rule each, over what is measured of its pixels and its metadata.

The thresholds were chosen on labelled photos: `tests/data/quality/README.md` says which, and
`scripts/measure_quality.py` measures how often each rule is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas.quality import QualityFlag
from schemas.records import MediaType
from sharp_core.quality.picture import PictureMeasures

# How systems name pictures of their screens, in the languages that are common.
_SCREENSHOT_NAME = re.compile(
    r"screen.?shot|screen.?cap|bildschirmfoto|capture d.écran|captura de pantalla|schermata"
    r"|skärmavbild|schermafbeelding|zrzut ekranu|снимок экрана|スクリーンショット|截屏|截图",
    re.IGNORECASE,
)
_PANORAMA_NAME = re.compile(r"(^|[/_-])pano[_-]\d", re.IGNORECASE)
_LOSSLESS = (MediaType.PNG, MediaType.WEBP, MediaType.TIFF)


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is known of a photo without its pixels, as far as flags depend on it."""

    name: str  # of the file
    media_type: MediaType
    has_camera: bool  # its metadata names one
    is_close_up: bool = False  # its metadata says so


def flags_of(picture: PictureMeasures, photo: PhotoFacts) -> tuple[QualityFlag, ...]:
    """Return the flags of a photo, in the order of `QualityFlag`; `flat` needs its scene."""
    return tuple(flag for flag in QualityFlag if flag in RULES and RULES[flag](picture, photo))


def _is_graphic(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    """Tell whether most pixels equal their neighbours, which noise prevents in a photo."""
    if picture.sharpness == 0:  # nothing is in it
        return False
    if photo.has_camera:
        return picture.exact_share > 0.9 and picture.dark_share < 0.9
    if picture.dark_share > 0.6:  # black is black in photos, too
        return picture.exact_share > 0.9
    has_few_colors = picture.colors <= 90 and photo.media_type in _LOSSLESS
    return picture.exact_share > (0.6 if has_few_colors else 0.82)


def _is_screenshot(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    if _SCREENSHOT_NAME.search(photo.name):
        return not photo.has_camera
    if photo.media_type is not MediaType.PNG or photo.has_camera:
        return False
    # As tall as a phone, or with whole rows of one colour as windows have.
    is_screen_like = picture.aspect >= 1.6 or picture.even_rows > 0.1
    return is_screen_like and _is_graphic(picture, photo) and picture.written_share < 0.4


def _is_document(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    if _is_screenshot(picture, photo) or picture.saturation > 0.25:
        return False
    written, colors = picture.written_share, picture.colors
    if _is_graphic(picture, photo):
        return written > 0.4
    # A photo of a page has few colours; the fewer, the less of it has to be written.
    return (
        (written > 0.4 and colors <= 90)
        or (written > 0.2 and colors <= 70)
        or (written > 0.11 and colors <= 25 and photo.has_camera)
    )


def _is_drawing(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    return (
        _is_graphic(picture, photo)
        and not _is_screenshot(picture, photo)
        and not _is_document(picture, photo)
    )


def _is_blurred(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    return picture.sharpness < 0.72 and not _is_graphic(picture, photo)


def _is_dark(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    is_dark = picture.dark_share > 0.75 and picture.brightness < 0.2
    return is_dark and not _is_graphic(picture, photo)


def _is_night_sky(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    if _is_graphic(picture, photo):
        return False
    stars, dark = picture.star_density, picture.dark_share
    return (stars > 10 and dark > 0.4) or (stars > 2 and dark > 0.93)


def _is_panorama(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    if picture.sharpness == 0:
        return False
    is_sphere = abs(picture.aspect - 2) < 0.01 and picture.wraps < 1.5
    is_wide = picture.aspect > 2.4 or _PANORAMA_NAME.search(photo.name) is not None
    return (is_wide or is_sphere) and not _is_graphic(picture, photo)


def _is_mirror_like(picture: PictureMeasures, photo: PhotoFacts) -> bool:
    return picture.mirror > 0.75 and picture.dark_share < 0.9 and not _is_graphic(picture, photo)


Rule = Callable[[PictureMeasures, PhotoFacts], bool]
RULES: Mapping[QualityFlag, Rule] = {
    QualityFlag.SCREENSHOT: _is_screenshot,
    QualityFlag.DOCUMENT: _is_document,
    QualityFlag.DRAWING: _is_drawing,
    QualityFlag.BLURRED: _is_blurred,
    QualityFlag.DARK: _is_dark,
    QualityFlag.MACRO: lambda _, photo: photo.is_close_up,
    QualityFlag.NIGHT_SKY: _is_night_sky,
    QualityFlag.PANORAMA: _is_panorama,
    QualityFlag.MIRROR_LIKE: _is_mirror_like,
}
