"""Colours that are given by numbers, brought to sRGB: ITU-T H.273 code points and an image -> RGB.

HEIF, AVIF and PNG name their primaries and transfer function so, older PNGs give measured ones, and
cameras set to Adobe RGB name theirs in EXIF. High dynamic range is toned down on the way. Light is
relative: 1.0 is the white of paper, which ordinary images end at.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.decode.row_blocks import row_blocks
from sharp_core.containers.cicp import Chromaticities, Cicp, Colors, MeasuredColors, Point

Array = npt.NDArray[np.float64]
Light = npt.NDArray[np.float32]  # (..., 3)


class _Transfer(IntEnum):
    """The transfer characteristics that are not looked at like sRGB's."""

    ADOBE = -1  # no code point: H.273 has none for it
    LINEAR = 8
    PQ = 16
    HLG = 18


_ADOBE_PRIMARIES = -1  # no code point either
ADOBE_RGB = Cicp(_ADOBE_PRIMARIES, _Transfer.ADOBE)

# Television's own primaries (1, 5, 6 and 7) are so alike, and so often set without thought, that
# they count as sRGB's.
_D65 = (0.3127, 0.3290)
_CHROMATICITIES = {
    9: Chromaticities(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: Chromaticities(_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    _ADOBE_PRIMARIES: Chromaticities(_D65, (0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}
_SRGB_CHROMATICITIES = Chromaticities(_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
# The cones' response to XYZ by which whites are exchanged: Bradford, as ICC.1:2022, annex E.
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_ADOBE_GAMMA = 563 / 256  # Adobe RGB (1998), 4.3.4.2

_WHITE_NITS = 203  # of paper white in HDR images: ITU-R BT.2408, 5.1
_PEAK_NITS = 1000  # that images are mastered for: all above becomes white
_KNEE = 0.5  # below this luminance nothing is toned down
_LEVELS = 4096  # of light, in the table that encodes it: half a level of 255 at the dark end


def is_hdr(colors: Colors) -> bool:
    """Say whether these colours reach beyond paper white."""
    return isinstance(colors, Cicp) and colors.transfer in (_Transfer.PQ, _Transfer.HLG)


def is_like_srgb(colors: Colors) -> bool:
    """Say whether images of these colours are shown as if they were sRGB.

    So are those with unknown code points, and with all transfer functions of ordinary television.
    """
    if isinstance(colors, MeasuredColors):
        return colors == (None, None)
    return colors.transfer not in list(_Transfer) and colors.primaries not in _CHROMATICITIES


def image_to_srgb(image: Image.Image, colors: Colors) -> Image.Image:
    """Return an RGB image in sRGB; it is changed in place."""
    for rows in row_blocks(image.height):
        box = (0, rows.start, image.width, rows.stop)
        encoded = np.asarray(image.crop(box))
        image.paste(Image.fromarray(pixels_to_srgb(encoded, colors)), box)
    return image


def pixels_to_srgb(
    encoded: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], colors: Colors
) -> npt.NDArray[np.uint8]:
    """Convert (..., 3) pixels of 8 or 16 bits."""
    light = _light_of_levels(colors, np.iinfo(encoded.dtype).max + 1)[encoded]
    if isinstance(colors, Cicp) and colors.transfer == _Transfer.HLG:
        light = _hlg_scene_to_nits(light) / np.float32(_WHITE_NITS)
    light = light @ _matrix(colors)
    if is_hdr(colors):
        light = _tone_down(light)
    steps = (np.clip(light, 0, 1) * (_LEVELS - 1) + 0.5).astype(np.intp)
    return srgb_table(_LEVELS)[steps]


@lru_cache(maxsize=16)
def _light_of_levels(colors: Colors, levels: int) -> Light:
    """Return the light of each level; for HLG, that of the scene in [0, 1]."""
    encoded = np.linspace(0, 1, levels)
    if isinstance(colors, MeasuredColors) and colors.gamma:
        return (encoded ** (1 / colors.gamma)).astype(np.float32)
    match colors.transfer if isinstance(colors, Cicp) else None:
        case _Transfer.ADOBE:
            light = encoded**_ADOBE_GAMMA
        case _Transfer.LINEAR:
            light = encoded
        case _Transfer.PQ:
            light = _pq_to_nits(encoded) / _WHITE_NITS
        case _Transfer.HLG:
            light = _hlg_to_scene(encoded)
        case _:
            power = ((encoded + 0.055) / 1.055) ** 2.4
            light = np.where(encoded <= 0.04045, encoded / 12.92, power)
    return light.astype(np.float32)


def _pq_to_nits(encoded: Array) -> Array:
    """Apply the reference EOTF of PQ: ITU-R BT.2100, table 4."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = encoded ** (1 / m2)
    nits: npt.NDArray[np.float64] = 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (
        1 / m1
    )
    return nits


def _hlg_to_scene(encoded: Array) -> Array:
    """Apply the inverse of the OETF of HLG: ITU-R BT.2100, table 5."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    return np.where(encoded <= 0.5, encoded**2 / 3, (np.exp((encoded - c) / a) + b) / 12)


def _hlg_scene_to_nits(scene: Light) -> Light:
    """Apply the OOTF of HLG for a display of 1000 nits: ITU-R BT.2100, table 5."""
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593], np.float32)
    nits: Light = _PEAK_NITS * scene * luminance[..., None] ** np.float32(0.2)
    return nits


@lru_cache(maxsize=16)
def _matrix(colors: Colors) -> Light:
    """Return the (3, 3) matrix that rows of linear RGB of these colours are multiplied by."""
    if isinstance(colors, Cicp):
        chromaticities = _CHROMATICITIES.get(colors.primaries, _SRGB_CHROMATICITIES)
    else:
        chromaticities = colors.chromaticities or _SRGB_CHROMATICITIES
    to_srgb = np.linalg.inv(_to_xyz(_SRGB_CHROMATICITIES))
    matrix = to_srgb @ _white_to_d65(chromaticities) @ _to_xyz(chromaticities)
    return matrix.T.astype(np.float32)


def _to_xyz(chromaticities: Chromaticities) -> Array:
    """Return the matrix from linear RGB to XYZ: SMPTE RP 177, 3.3."""
    white, *colors = map(_xyz, chromaticities)
    primaries = np.array(colors).T
    matrix: Array = primaries * np.linalg.solve(primaries, white)
    return matrix


def _white_to_d65(chromaticities: Chromaticities) -> Array:
    """Return the matrix in XYZ that makes white D65."""
    cones = np.array(_BRADFORD)
    ratios = (cones @ _xyz(_D65)) / (cones @ _xyz(chromaticities.white))
    matrix: Array = np.linalg.inv(cones) @ np.diag(ratios) @ cones
    return matrix


def _xyz(point: Point) -> Array:
    """Return the colour of a chromaticity whose Y is 1."""
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _tone_down(light: Light) -> Light:
    """Bring light up to the peak into [0, 1], keeping hues and everything below the knee.

    Above the knee it follows Reinhard's curve with a white point (Reinhard et al., "Photographic
    Tone Reproduction for Digital Images", 2002, equation 4), applied to the largest channel.
    """
    brightest = np.maximum(light.max(axis=-1, keepdims=True), _KNEE)
    excess = (brightest - _KNEE) / (1 - _KNEE)
    white = (_PEAK_NITS / _WHITE_NITS - _KNEE) / (1 - _KNEE)
    toned = _KNEE + (1 - _KNEE) * excess * (1 + excess / white**2) / (1 + excess)
    toned_light: Light = light * (toned / brightest)
    return toned_light


@lru_cache(maxsize=2)
def srgb_table(levels: int) -> npt.NDArray[np.uint8]:
    """Return sRGB's level of each of so many steps of light, by the curve of IEC 61966-2-1."""
    light = np.linspace(0, 1, levels)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)
