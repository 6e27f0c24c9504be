"""Read SPZ versions 1 to 4 to Gaussians. Harmonics above degree 0 are dropped."""

from __future__ import annotations

import math
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.scene import StoredScene, valid_scene
from sharp_core.formats.spz.layout import (
    AXES_NUMBERS,
    COLOR_SCALE,
    EXTENSION,
    EXTENSION_AXES,
    FLAG_ANTIALIASED,
    FLAG_EXTENSIONS,
    ROTATION_STEPS,
    SCALE_OFFSET,
    SCALE_STEPS,
    SpzHeader,
)
from sharp_core.formats.spz.unpack import Bytes, unpack
from sharp_core.formats.values import log_to_scales, rebuild_quats, sh0_to_colors, unit_quats
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.gaussians import Gaussians

_BLOCK = 1 << 16

_ANTIALIASED = (
    "it was made for anti-aliased rendering (Mip-Splatting); fine detail may look thinner"
)


def read_spz(file: BinaryIO) -> StoredScene:
    """Read a scene. Raises FormatError if it is damaged."""
    header, blocks, extensions = unpack(file.read())
    gaussians = _decode(header, blocks)
    axes = _stated_axes(extensions) if header.flags & FLAG_EXTENSIONS else None
    if axes is not None:
        gaussians = from_axes(gaussians, axes)
    notes = (_ANTIALIASED,) if header.flags & FLAG_ANTIALIASED else ()
    return valid_scene(gaussians, None, header.degree, notes)._replace(
        axes=None if axes is None else axes.letters
    )


def _decode(header: SpzHeader, blocks: list[Bytes]) -> Gaussians:
    positions, alphas, colors, scales, rotations = blocks[:5]
    byte = torch.arange(256, dtype=torch.float32)
    color_of_byte = sh0_to_colors((byte / 255 - 0.5) / COLOR_SCALE)
    scale_of_byte = log_to_scales(byte / SCALE_STEPS - SCALE_OFFSET)
    return Gaussians(
        means=_means(header, positions),
        quats=_quats(rotations) if rotations.shape[1] == 4 else _quats_of_3_bytes(rotations),
        scales=torch.from_numpy(scale_of_byte.numpy()[scales]),
        opacities=torch.from_numpy(alphas[:, 0] / np.float32(255)),
        colors=torch.from_numpy(color_of_byte.numpy()[colors]),
    )


def _means(header: SpzHeader, positions: Bytes) -> Tensor:
    if header.version == 1:
        with np.errstate(invalid="ignore"):  # `valid_scene` reports NaN later
            return torch.from_numpy(positions.view("<f2").astype(np.float32))
    lanes = positions.reshape(-1, 3, 3)
    codes = lanes[..., 2].astype(np.int8).astype(np.int32) << 16  # the byte with the sign
    codes |= lanes[..., 1].astype(np.int32) << 8
    codes |= lanes[..., 0]
    return torch.from_numpy(codes.astype(np.float32) / np.float32(2**header.fractional_bits))


def _quats(rotations: Bytes) -> Tensor:
    """Return quaternions (N, 4) of version 3 and later, which store them as x y z w."""
    words = rotations.view("<u4")[:, 0]
    quats = torch.empty(len(words), 4)
    for start in range(0, len(words), _BLOCK):
        block = words[start : start + _BLOCK].astype(np.int64)
        # The first of the other components is in the highest bits.
        fields = np.stack([(block >> shift) & 1023 for shift in (20, 10, 0)], axis=1)
        magnitude = (fields & 511) / np.float32(ROTATION_STEPS * math.sqrt(2))
        others = torch.from_numpy(np.where(fields & 512, -magnitude, magnitude).astype(np.float32))
        in_order = rebuild_quats(torch.from_numpy(block >> 30), others)
        quats[start : start + _BLOCK] = in_order.roll(1, dims=1)
    return quats


def _quats_of_3_bytes(rotations: Bytes) -> Tensor:
    vector = torch.from_numpy(rotations.astype(np.float32) / np.float32(127.5) - 1)
    w = (1 - vector.square().sum(dim=1, keepdim=True)).clamp_min(0).sqrt()
    return unit_quats(torch.cat((w, vector), dim=1))


def _stated_axes(extensions: bytes) -> Axes | None:
    """Return the axes of the extension records; None if there are none, or unspecified ones."""
    start = 0
    while start + EXTENSION.size <= len(extensions):
        kind, size = EXTENSION.unpack_from(extensions, start)
        payload = extensions[start + EXTENSION.size : start + EXTENSION.size + size]
        if kind == EXTENSION_AXES and len(payload) == 4:
            number = int.from_bytes(payload, "little")
            if number >= len(AXES_NUMBERS):
                raise FormatError(f"its axes have the number {number}, which is not known")
            letters = AXES_NUMBERS[number]
            return None if letters is None else Axes(letters)
        start += EXTENSION.size + size
    return None
