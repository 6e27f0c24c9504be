"""ICC profiles: an image and the profile embedded in it -> the image in sRGB."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from pipeline.decode.matrix_profile import MatrixToSrgb, read_matrix_profile
from pipeline.decode.row_blocks import row_blocks

# The colour space that a profile for images of a mode must be about, as its header spells it.
_COLOR_SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK", "LAB": b"Lab "}
_SPACE = slice(16, 20)  # where the header spells it
# Photo editors' own choice: colours stay exact where sRGB has them, and the shadows of a print,
# whose black is lighter than a screen's, are not lost. Perceptual would repaint every colour.
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SAME = 2  # levels of 255: a profile that moves no colour by more is sRGB under some name
_ROUNDING = 1  # levels of 255 by which the quick conversion may differ from that of LittleCMS


def icc_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an L, RGB, CMYK or LAB image as RGB in sRGB; an RGB image may be changed in place.

    A profile that is broken, or is about another kind of image, counts as none: then colours are
    taken to be sRGB's.
    """
    if profile and image.mode == "L" and profile[_SPACE] == _COLOR_SPACES["RGB"]:
        image = image.convert("RGB")
    found = _usable_conversion(image.mode, profile)
    if found is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode != "RGB":
        return found.transform.apply(image)
    if found.quick is None:
        return found.transform.apply_in_place(image)
    for rows in row_blocks(image.height):
        box = (0, rows.start, image.width, rows.stop)
        pixels = np.array(image.crop(box))
        found.quick.apply(pixels)
        image.paste(Image.fromarray(pixels), box)
    return image


def is_quick(mode: str, profile: bytes | None) -> bool:
    """Say whether `pixels_to_srgb` can do what `icc_to_srgb` does for images of a mode."""
    found = _usable_conversion(mode, profile)
    return mode == "RGB" and (found is None or found.quick is not None)


def pixels_to_srgb(pixels: npt.NDArray[np.uint8], profile: bytes | None) -> None:
    """Convert (H, W, 3) to sRGB in place, where `is_quick`."""
    found = _usable_conversion("RGB", profile)
    if found is not None and found.quick is not None:
        found.quick.apply(pixels)


class _Conversion(NamedTuple):
    transform: ImageCms.ImageCmsTransform
    quick: MatrixToSrgb | None  # does the same, for profiles of curves and a matrix


def _usable_conversion(mode: str, profile: bytes | None) -> _Conversion | None:
    if not profile or profile[_SPACE] != _COLOR_SPACES.get(mode):
        return None
    return _conversion(profile, mode)


@lru_cache(maxsize=64)
def _conversion(profile: bytes, mode: str) -> _Conversion | None:
    """Return the conversion to sRGB; None where there is none to make, or none is needed."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB", _INTENT, _FLAGS)
    except (OSError, ImageCms.PyCMSError):
        return None
    if _changes_nothing(transform, mode):
        return None
    return _Conversion(transform, _quick(profile, transform) if mode == "RGB" else None)


def _quick(profile: bytes, transform: ImageCms.ImageCmsTransform) -> MatrixToSrgb | None:
    """Return the quick conversion of a profile, if it does what LittleCMS does."""
    quick = read_matrix_profile(profile)
    if quick is None:
        return None
    sample = _sample()
    found = np.array(sample)
    quick.apply(found)
    difference = found.astype(np.int16) - np.asarray(transform.apply(sample), np.int16)
    return quick if np.abs(difference).max() <= _ROUNDING else None


def _sample() -> Image.Image:
    """Return colours from everywhere in the cube, in one row."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    return Image.fromarray(cube)


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode not in ("RGB", "L"):
        return False
    sample = _sample().convert(mode)
    before, after = (
        np.asarray(s.convert("RGB"), np.int16) for s in (sample, transform.apply(sample))
    )
    return bool(np.abs(after - before).max() <= _SAME)
