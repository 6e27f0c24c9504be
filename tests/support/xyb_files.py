"""JPEGs whose channels are XYB, with the profile by which jpegli tells what colours they are.

No encoder at hand writes them. So the profile is made here in jpegli's layout (tag `mAB `: a cube
of 2 x 2 x 2, cubic curves, a matrix), with the constants of XYB (ISO/IEC 18181-1, annex L), and the
pixels by the definition of XYB. jpegli halves the resolution of the third channel, which is whole
here.
"""

from __future__ import annotations

import io
import itertools
import struct

import numpy as np
from PIL import Image

from tests.support.pictures import Pixels

_ABSORBANCE = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342269, 0.20476744, 0.0]])
_ABSORBANCE[2, 2] = 1 - _ABSORBANCE[2].sum()
_BIAS = 0.0037930732552754493
_OFFSET = np.array([0.015386134, 0.0, 0.27770459])  # of X, Y and B - Y before they are scaled
_SCALE = np.array([22.995788804, 1.183000077, 1.502141333])
_TO_XYZ_D50 = np.array(  # half of it: PCS XYZ of 16 bits reaches to 2
    [
        [1.5170095, -1.1065225, 0.071623],
        [-0.050022, 0.5683655, -0.018344],
        [-1.387676, 1.1145555, 0.6857255],
    ]
)


def xyb_jpeg(pixels: Pixels) -> bytes:
    """A JPEG of sRGB pixels, (H, W, 3)."""
    encoded = pixels / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(light @ _ABSORBANCE.T + _BIAS) - np.cbrt(_BIAS)
    x, y = (cones[..., 0] - cones[..., 1]) / 2, (cones[..., 0] + cones[..., 1]) / 2
    channels = (np.stack([x, y, cones[..., 2] - y], axis=-1) + _OFFSET) * _SCALE
    stored = Image.fromarray((np.clip(channels, 0, 1) * 255 + 0.5).astype(np.uint8))
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=98, keep_rgb=True, subsampling=0, icc_profile=xyb_profile())
    return file.getvalue()


def xyb_profile() -> bytes:
    """A scanner's profile of version 4.4 with a table in one direction."""
    table = _lut()
    white = b"XYZ " + bytes(4) + _fixed(0.9642, 1.0, 0.8249)
    tags = {b"wtpt": white, b"A2B0": table}
    at = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        index += name + struct.pack(">II", at + len(body), len(content))
        body += content
    size = at + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"jxl ", 0x04400000, b"scnr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2019, 12, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += _fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + index + body


def _lut() -> bytes:
    linear = _curve(0, 1.0) * 3
    offset = np.array([_OFFSET[0], 1 / _SCALE[0] - _OFFSET[0], _OFFSET[2]])
    scale = np.array([_together(0, 1), _together(0, 1), _together(1, 2)])
    cube = b""
    for corner in itertools.product((0, 1), repeat=3):
        x, y, rest = np.array(corner) / _SCALE - _OFFSET
        values = (np.array([y + x, y - x, rest + y]) + offset) * scale
        cube += struct.pack(">3H", *np.round(values * 65535).astype(int))
    shift = np.cbrt(_BIAS) - offset
    cubic = b"".join(
        _curve(3, 3.0, 1 / a, b, 0.0, max(0.0, -b * a)) for a, b in zip(scale, shift, strict=True)
    )
    matrix = _fixed(*_TO_XYZ_D50.ravel(), *(_TO_XYZ_D50 @ np.full(3, -_BIAS)))
    parts = [linear, bytes([2, 2, 2]).ljust(16, b"\0") + b"\2\0\0\0" + cube, cubic, matrix]
    starts = [32 + sum(map(len, parts[:n])) for n in range(4)]
    curves_b, table, curves_m, matrix_at = starts
    offsets = struct.pack(">5I", curves_b, matrix_at, curves_m, table, curves_b)
    return b"mAB " + bytes(4) + b"\3\3\0\0" + offsets + b"".join(parts)


def _together(one: int, other: int) -> float:
    return float(1 / (1 / _SCALE[one] + 1 / _SCALE[other]))


def _curve(kind: int, *parameters: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(*parameters)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
