"""Read and write .splat, the format of early web viewers: 32 bytes per Gaussian, no header.

    position  3 x float32, metres
    scale     3 x float32, metres
    color     4 bytes: sRGB and opacity from 0 to 255
    rotation  4 bytes: w x y z, 128 q + 128

Format: github.com/antimatter15/splat. It does not store the photo's size and focal length.
"""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.scene import SceneInfo, StoredScene, valid_scene
from sharp_core.formats.values import SMALLEST_SCALE, unit_quats
from sharp_core.scene.colors import linear_to_srgb, srgb_to_linear
from sharp_core.scene.gaussians import Gaussians

_ROW = np.dtype(
    [("position", "<f4", 3), ("scale", "<f4", 3), ("color", "u1", 4), ("rotation", "u1", 4)]
)
_BLOCK_ROWS = 1 << 16


def write_splat(file: BinaryIO, gaussians: Gaussians, info: SceneInfo | None = None) -> None:
    """Write a scene in its own order. The format cannot store `info`.

    Raises ValueError, naming the field, if the Gaussians are not valid.
    """
    gaussians = gaussians.to("cpu")
    gaussians.check()
    for start in range(0, len(gaussians), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        rows = np.empty(len(gaussians.means[block]), dtype=_ROW)
        rows["position"] = gaussians.means[block]
        rows["scale"] = gaussians.scales[block]
        rows["color"][:, :3] = _byte(linear_to_srgb(gaussians.colors[block]) * 255)
        rows["color"][:, 3] = _byte(gaussians.opacities[block] * 255)
        rows["rotation"] = _byte(unit_quats(gaussians.quats[block]) * 128 + 128)
        file.write(rows.data)


def read_splat(file: BinaryIO) -> StoredScene:
    """Read a scene from a seekable file. Raises FormatError if it is damaged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size == 0 or size % _ROW.itemsize:
        raise FormatError(f"its {size} bytes are not Gaussians of {_ROW.itemsize} bytes each")
    rows = np.frombuffer(file.read(), dtype=_ROW)
    quats = torch.from_numpy((rows["rotation"].astype(np.float32) - 128) / 128)
    srgb_of_byte = srgb_to_linear(torch.arange(256) / 255)
    gaussians = Gaussians(
        means=torch.from_numpy(rows["position"].copy()),
        quats=unit_quats(quats),
        scales=torch.from_numpy(rows["scale"].copy()).clamp_min_(SMALLEST_SCALE),
        opacities=torch.from_numpy(rows["color"][:, 3] / np.float32(255)),
        colors=torch.from_numpy(srgb_of_byte.numpy()[rows["color"][:, :3]]),
    )
    return valid_scene(gaussians, None, 0)


def _byte(values: Tensor) -> npt.NDArray[np.uint8]:
    return values.round().clamp(0, 255).to(torch.uint8).numpy()
