"""Colours that are given by numbers, brought to sRGB: ITU-T H.273 code points and a picture -> RGB.

HEIF, AVIF and PNG name their primaries and transfer function so, and cameras set to Adobe RGB name
theirs in EXIF. High dynamic range is toned down on the way. Light is relative: 1.0 is the white of
paper, which ordinary pictures end at.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from sharp_core.containers.cicp import Cicp

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

# The chromaticities x, y of red, green and blue; white is D65 for all. Television's own (1, 5, 6
# and 7) are so alike, and so often set without thought, that they count as sRGB's.
_D65 = (0.3127, 0.3290)
_CHROMATICITIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    _ADOBE_PRIMARIES: ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}
_SRGB_CHROMATICITIES = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_ADOBE_GAMMA = 563 / 256  # Adobe RGB (1998), 4.3.4.2

_WHITE_NITS = 203  # of paper white in HDR pictures: ITU-R BT.2408, 5.1
_PEAK_NITS = 1000  # that pictures are mastered for: all above becomes white
_KNEE = 0.5  # below this luminance nothing is toned down
_ROWS = 64  # converted at once; few enough to stay in a processor's cache
_LEVELS = 4096  # of light, in the table that encodes it: half a level of 255 at the dark end


def is_hdr(cicp: Cicp) -> bool:
    """Say whether these colours reach beyond paper white."""
    return cicp.transfer in (_Transfer.PQ, _Transfer.HLG)


def is_like_srgb(cicp: Cicp) -> bool:
    """Say whether pictures of these colours are looked at as if they were sRGB.

    So are those with unknown code points, and with all transfer functions of ordinary television.
    """
    return cicp.transfer not in list(_Transfer) and cicp.primaries not in _CHROMATICITIES


def cicp_to_srgb(image: Image.Image, cicp: Cicp) -> Image.Image:
    """Return an RGB picture in sRGB; it is changed in place."""
    for top in range(0, image.height, _ROWS):
        box = (0, top, image.width, min(top + _ROWS, image.height))
        encoded = np.asarray(image.crop(box))
        image.paste(Image.fromarray(_convert(encoded, cicp)), box)
    return image


def _convert(encoded: npt.NDArray[np.uint8], cicp: Cicp) -> npt.NDArray[np.uint8]:
    """Convert (..., 3) pixels."""
    light = _light_of_levels(cicp.transfer)[encoded]
    if cicp.transfer == _Transfer.HLG:
        light = _hlg_scene_to_nits(light) / np.float32(_WHITE_NITS)
    light = light @ _matrix(cicp.primaries)
    if is_hdr(cicp):
        light = _tone_down(light)
    steps = (np.clip(light, 0, 1) * (_LEVELS - 1) + 0.5).astype(np.intp)
    return _srgb_table()[steps]


@lru_cache(maxsize=16)
def _light_of_levels(transfer: int) -> Light:
    """Return the light of each of 256 levels; for HLG, that of the scene in [0, 1]."""
    encoded = np.linspace(0, 1, 256)
    match transfer:
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
def _matrix(primaries: int) -> Light:
    """Return the (3, 3) matrix that rows of linear RGB of these primaries are multiplied by."""
    chromaticities = _CHROMATICITIES.get(primaries, _SRGB_CHROMATICITIES)
    matrix = np.linalg.inv(_to_xyz(_SRGB_CHROMATICITIES)) @ _to_xyz(chromaticities)
    return matrix.T.astype(np.float32)


def _to_xyz(chromaticities: tuple[tuple[float, float], ...]) -> Array:
    """Return the matrix from linear RGB to XYZ: SMPTE RP 177, 3.3."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in (*chromaticities, _D65)]).T
    primaries, white = columns[:, :3], columns[:, 3]
    matrix: Array = primaries * np.linalg.solve(primaries, white)
    return matrix


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


@lru_cache(maxsize=1)
def _srgb_table() -> npt.NDArray[np.uint8]:
    """Return the level of each of `_LEVELS` steps of light, by the curve of IEC 61966-2-1."""
    light = np.linspace(0, 1, _LEVELS)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)
