"""Write Gaussians as SPZ. Values are quantised on the device of the Gaussians, then compressed.

The format does not store the photo's size and focal length. Scales are clamped to 4.5e-5 to 380 m,
and colours to 0.44 below black and above white.
"""

from __future__ import annotations

import logging
import math
import zlib
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.shapes import smallest_rotation
from sharp_core.formats.spz.layout import (
    AXES_NUMBERS,
    COLOR_SCALE,
    EXTENSION,
    EXTENSION_AXES,
    FLAG_EXTENSIONS,
    HEADER_4,
    LARGEST_POSITION,
    LEGACY_HEADER,
    MAGIC,
    ROTATION_STEPS,
    SCALE_OFFSET,
    SCALE_STEPS,
    TABLE_ENTRY,
)
from sharp_core.formats.spz.options import SpzOptions
from sharp_core.formats.spz.zstd import load_zstd
from sharp_core.formats.values import colors_to_sh0, scales_to_log, unit_quats
from sharp_core.scene.axes import OURS
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.to_host import to_host

# 13 bits are an eighth of a millimetre. Each further bit costs 5 % of the file size.
_FRACTIONAL_BITS = 13
_GZIP_LEVEL = 2  # level 6 takes two and a half times the time for 0.4 %
_GZIP_WINDOW = zlib.MAX_WBITS + 16
_ZSTD_LEVEL = 9
_CPU_BLOCK = 1 << 15
_LARGEST_SCALE = math.exp(255 / SCALE_STEPS - SCALE_OFFSET)  # metres
# Without this record a reader has to guess our axes.
_AXES = EXTENSION.pack(EXTENSION_AXES, 4) + AXES_NUMBERS.index(OURS.letters).to_bytes(4, "little")

_log = logging.getLogger(__name__)

Block = npt.NDArray[np.uint8]


def write_spz(
    file: BinaryIO,
    gaussians: Gaussians,
    info: SceneInfo | None = None,
    options: SpzOptions | None = None,
) -> None:
    """Write a scene. The format cannot store `info`.

    Raises ValueError, naming the field, if the Gaussians are not valid, and FormatError if their
    positions exceed the range of the format.
    """
    gaussians.check()
    version = (options or SpzOptions()).version
    bits = _fractional_bits(gaussians)
    clamped = int((gaussians.scales > _LARGEST_SCALE).any(dim=1).sum())
    if clamped:
        _log.warning("%d Gaussians are larger than SPZ stores: %.0f m", clamped, _LARGEST_SCALE)
    blocks = quantize_spz(gaussians, bits)
    if version == 3:
        file.write(_legacy(blocks, bits))
    else:
        file.write(_version_4(blocks, bits))


def quantize_spz(gaussians: Gaussians, fractional_bits: int) -> list[Block]:
    """Return positions, alphas, colours, scales and rotations as bytes (N, 9 | 1 | 3 | 3 | 4)."""
    count, device = len(gaussians), gaussians.means.device
    blocks = [
        torch.empty((count, width), dtype=torch.uint8, device=device) for width in (9, 1, 3, 3, 4)
    ]
    size = _CPU_BLOCK if device.type == "cpu" else count
    for start in range(0, count, size):
        rows = slice(start, start + size)
        sh0, logs = colors_to_sh0(gaussians.colors[rows]), scales_to_log(gaussians.scales[rows])
        blocks[0][rows] = _position_bytes(gaussians.means[rows], fractional_bits)
        blocks[1][rows, 0] = (gaussians.opacities[rows] * 255).round_().to(torch.uint8)
        blocks[2][rows] = _byte((sh0 * COLOR_SCALE + 0.5) * 255)
        unit = unit_quats(gaussians.quats[rows]).t().contiguous()
        quats, logs_t = smallest_rotation(unit, logs.t())
        blocks[3][rows] = _byte((logs_t.t() + SCALE_OFFSET) * SCALE_STEPS)
        blocks[4][rows] = _rotation_bytes(quats)
    return [to_host(block).numpy() for block in blocks]


def _fractional_bits(gaussians: Gaussians) -> int:
    furthest = float(gaussians.means.abs().max())
    if furthest > LARGEST_POSITION:
        raise FormatError(f"a Gaussian lies {furthest:.3g} m away; SPZ reaches 8,388 km")
    if furthest == 0:
        return _FRACTIONAL_BITS
    return max(0, min(_FRACTIONAL_BITS, math.floor(math.log2(LARGEST_POSITION / furthest))))


def _position_bytes(means: Tensor, bits: int) -> Tensor:
    codes = (means * 2.0**bits).round_().to(torch.int32)
    lanes = torch.stack([(codes >> shift) & 255 for shift in (0, 8, 16)], dim=2)
    return lanes.flatten(1).to(torch.uint8)


def _rotation_bytes(quats: Tensor) -> Tensor:
    """Return bytes (B, 4) of quaternions (4, B) whose w is the largest component."""
    x, y, z = quats[1:]
    packed = torch.full_like(x, 3, dtype=torch.int64)  # w is component 3
    for component in (x, y, z):
        magnitude = (component.abs() * (ROTATION_STEPS * math.sqrt(2))).round_().to(torch.int64)
        packed = (packed << 10) | ((component < 0).to(torch.int64) << 9) | magnitude
    return torch.stack([(packed >> shift) & 255 for shift in (0, 8, 16, 24)], dim=1).to(torch.uint8)


def _byte(values: Tensor) -> Tensor:
    return values.round().clamp_(0, 255).to(torch.uint8)


def _legacy(blocks: list[Block], bits: int) -> bytes:
    compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    header = LEGACY_HEADER.pack(MAGIC, 3, len(blocks[0]), 0, bits, FLAG_EXTENSIONS, 0)
    parts = [compressor.compress(header)]
    parts += [compressor.compress(block.data) for block in blocks]
    return b"".join((*parts, compressor.compress(_AXES), compressor.flush()))


def _version_4(blocks: list[Block], bits: int) -> bytes:
    zstd = load_zstd()
    frames = [zstd.compress(block.tobytes(), _ZSTD_LEVEL) for block in blocks]
    table_start = HEADER_4.size + len(_AXES)
    header = HEADER_4.pack(
        *(MAGIC, 4, len(blocks[0]), 0, bits, FLAG_EXTENSIONS, len(blocks), table_start)
    )
    table = [
        TABLE_ENTRY.pack(len(frame), block.nbytes)
        for frame, block in zip(frames, blocks, strict=True)
    ]
    return b"".join((header, _AXES, *table, *frames))
