"""Colours that are given by numbers, brought to sRGB: ITU-T H.273 code points -> a lookup table.

HEIF, AVIF and PNG name their primaries and transfer function so, and cameras set to Adobe RGB name
theirs in EXIF. The table maps encoded RGB to encoded sRGB, eight bits in, eight bits out; high
dynamic range is toned down on the way. Luminances are relative: 1.0 is the white of paper.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ImageFilter

Array = npt.NDArray[np.float64]


class Cicp(NamedTuple):
    """Code points of H.273: colour primaries (table 2) and transfer characteristics (table 3)."""

    primaries: int
    transfer: int


# No code point of H.273, which has none for them; far from any that it may ever have.
_ADOBE_1998 = -1
ADOBE_RGB = Cicp(_ADOBE_1998, _ADOBE_1998)

_LINEAR, _PQ, _HLG = 8, 16, 18
# The chromaticities x, y of red, green and blue; white is D65 for all. Television's own (1, 5, 6
# and 7) are so alike, and so often set without thought, that they count as sRGB's.
_D65 = (0.3127, 0.3290)
_CHROMATICITIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    _ADOBE_1998: ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}
_SRGB_CHROMATICITIES = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_ADOBE_GAMMA = 563 / 256  # Adobe RGB (1998), 4.3.4.2

_WHITE_NITS = 203  # of paper white in HDR pictures: ITU-R BT.2408, 5.1
_PEAK_NITS = 1000  # that pictures are mastered for: all above becomes white
_KNEE = 0.5  # below this luminance nothing is toned down
_GRID = 65  # points a side; the most that the library takes


def is_hdr(cicp: Cicp) -> bool:
    """Say whether these colours reach beyond paper white."""
    return cicp.transfer in (_PQ, _HLG)


@lru_cache(maxsize=16)
def srgb_table(cicp: Cicp) -> ImageFilter.Color3DLUT | None:
    """Return the filter that brings RGB pictures of these colours to sRGB; None if they are.

    Unknown code points count as sRGB's, as do all transfer functions of ordinary television: the
    pictures that carry them were made to be looked at like any other.
    """
    chromaticities = _CHROMATICITIES.get(cicp.primaries, _SRGB_CHROMATICITIES)
    is_like_srgb = cicp.transfer not in (_LINEAR, _PQ, _HLG, _ADOBE_1998)
    if chromaticities == _SRGB_CHROMATICITIES and is_like_srgb:
        return None
    axis = np.linspace(0, 1, _GRID)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red varies fastest
    light = _to_light(np.stack([red, green, blue], axis=-1), cicp.transfer)
    light = light @ _matrix(chromaticities).T
    if is_hdr(cicp):
        light = _tone_down(light)
    encoded = _srgb_encode(np.clip(light, 0, 1))
    return ImageFilter.Color3DLUT(_GRID, encoded.astype(np.float32).ravel())


def _to_light(encoded: Array, transfer: int) -> Array:
    """Decode (..., 3) values in [0, 1] to light, paper white being 1."""
    match transfer:
        case _ if transfer == _LINEAR:
            return encoded
        case _ if transfer == _ADOBE_1998:
            return encoded**_ADOBE_GAMMA
        case _ if transfer == _PQ:
            return _pq_to_nits(encoded) / _WHITE_NITS
        case _ if transfer == _HLG:
            return _hlg_to_nits(encoded) / _WHITE_NITS
        case _:
            return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _pq_to_nits(encoded: Array) -> Array:
    """Apply the reference EOTF of PQ: ITU-R BT.2100, table 4."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = encoded ** (1 / m2)
    nits: Array = 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return nits


def _hlg_to_nits(encoded: Array) -> Array:
    """Apply the reference EOTF of HLG for a display of 1000 nits: ITU-R BT.2100, table 5."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(encoded <= 0.5, encoded**2 / 3, (np.exp((encoded - c) / a) + b) / 12)
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
    nits: Array = _PEAK_NITS * scene * luminance[..., None] ** 0.2
    return nits


def _matrix(chromaticities: tuple[tuple[float, float], ...]) -> Array:
    """Return the (3, 3) matrix from linear RGB of these primaries to that of sRGB's."""
    matrix: Array = np.linalg.inv(_to_xyz(_SRGB_CHROMATICITIES)) @ _to_xyz(chromaticities)
    return matrix


def _to_xyz(chromaticities: tuple[tuple[float, float], ...]) -> Array:
    """Return the matrix from linear RGB to XYZ: SMPTE RP 177, 3.3."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in (*chromaticities, _D65)]).T
    primaries, white = columns[:, :3], columns[:, 3]
    matrix: Array = primaries * np.linalg.solve(primaries, white)
    return matrix


def _tone_down(light: Array) -> Array:
    """Bring light up to the peak into [0, 1], keeping hues and everything below the knee.

    Above the knee it follows Reinhard's curve with a white point (Reinhard et al., "Photographic
    Tone Reproduction for Digital Images", 2002, equation 4), applied to the largest channel.
    """
    brightest = light.max(axis=-1, keepdims=True)
    excess = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
    white = (_PEAK_NITS / _WHITE_NITS - _KNEE) / (1 - _KNEE)
    toned = _KNEE + (1 - _KNEE) * excess * (1 + excess / white**2) / (1 + excess)
    return np.where(brightest > _KNEE, light * toned / np.maximum(brightest, _KNEE), light)


def _srgb_encode(light: Array) -> Array:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
