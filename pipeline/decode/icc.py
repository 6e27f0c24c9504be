"""ICC profiles: an image and the profile embedded in it -> the image in sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

# The colour space that a profile for images of a mode must be about, as its header spells it.
_COLOR_SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK", "LAB": b"Lab "}
_SPACE = slice(16, 20)  # where the header spells it
# Photo editors' own choice: colours stay exact where sRGB has them, and the shadows of a print,
# whose black is lighter than a screen's, are not lost. Perceptual would repaint every colour.
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SAME = 2  # levels of 255: a profile that moves no colour by more is sRGB under some name


def icc_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an L, RGB, CMYK or LAB image as RGB in sRGB; an RGB image is changed in place.

    A profile that is broken, or is about another kind of image, counts as none: then colours are
    taken to be sRGB's.
    """
    if profile and image.mode == "L" and profile[_SPACE] == _COLOR_SPACES["RGB"]:
        image = image.convert("RGB")
    transform = _usable_transform(image.mode, profile)
    if transform is not None:
        in_place = image.mode == "RGB"
        return transform.apply_in_place(image) if in_place else transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def is_srgb(mode: str, profile: bytes | None) -> bool:
    """Say whether `icc_to_srgb` changes nothing of an image of a mode and its profile."""
    return mode == "RGB" and _usable_transform(mode, profile) is None


def _usable_transform(mode: str, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    if not profile or profile[_SPACE] != _COLOR_SPACES.get(mode):
        return None
    return _transform(profile, mode)


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform to sRGB; None where there is none to make, or none is needed."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB", _INTENT, _FLAGS)
    except (OSError, ImageCms.PyCMSError):
        return None
    return None if _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode not in ("RGB", "L"):
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    sample = Image.fromarray(cube).convert(mode)
    before, after = (
        np.asarray(s.convert("RGB"), np.int16) for s in (sample, transform.apply(sample))
    )
    return bool(np.abs(after - before).max() <= _SAME)
