"""Read SOG versions 1 and 2, as a bundle or a folder, to Gaussians, without harmonics above 0.

Sizes in the file are checked before memory is allocated, so a malicious file fails early.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from schemas.errors import FormatError
from sharp_core.formats.scene import StoredScene, valid_scene
from sharp_core.formats.sog.meta import SogMeta
from sharp_core.formats.sog.planes import (
    FIRST_LARGEST,
    LAST_POSITION,
    code_to_component,
    expand_lengths,
)
from sharp_core.formats.sog.unpack import Pixels, SogContent, unpack_bundle, unpack_folder
from sharp_core.formats.values import (
    SMALLEST_SCALE,
    log_to_scales,
    rebuild_quats,
    sh0_to_colors,
)
from sharp_core.scene.gaussians import Gaussians

_BLOCK = 1 << 16


def read_sog(file: BinaryIO) -> StoredScene:
    """Read a bundle from a seekable file. Raises FormatError if it is damaged."""
    return _scene(unpack_bundle(file))


def read_sog_folder(meta_path: Path) -> StoredScene:
    """Read the files that a meta.json names. Raises FormatError if one is damaged or missing."""
    return _scene(unpack_folder(meta_path))


def _scene(content: SogContent) -> StoredScene:
    meta = content.meta
    notes = meta.notes
    if meta.is_flat:
        notes = (*notes, "its Gaussians are flat (2D Gaussian Splatting)")
    return valid_scene(_decode(meta, content.pixels), meta.info, meta.sh_degree, notes)


def _decode(meta: SogMeta, pixels: list[Pixels]) -> Gaussians:
    means_low, means_high, quats, scales, sh0 = pixels
    sizes = _look_up(log_to_scales(torch.tensor(meta.scale_codebooks)), scales, "scales")
    if meta.is_flat:
        sizes[:, 2] = SMALLEST_SCALE
    return Gaussians(
        means=_means(meta, means_low, means_high),
        quats=_quats(quats),
        scales=sizes,
        opacities=torch.tensor(meta.opacities)[torch.from_numpy(sh0[:, 3].astype(np.int64))],
        colors=_look_up(sh0_to_colors(torch.tensor(meta.color_codebooks)), sh0, "sh0"),
    )


def _means(meta: SogMeta, low: Pixels, high: Pixels) -> Tensor:
    mins, maxs = torch.tensor(meta.mins), torch.tensor(meta.maxs)
    step = (maxs - mins) / LAST_POSITION
    means = torch.empty(len(low), 3)
    for start in range(0, len(low), _BLOCK):
        rows = slice(start, start + _BLOCK)
        codes = high[rows, :3].astype(np.float32) * 256 + low[rows, :3]
        means[rows] = expand_lengths(mins + step * torch.from_numpy(codes))
    return means


def _quats(pixels: Pixels) -> Tensor:
    largest = pixels[:, 3]
    if int(largest.min()) < FIRST_LARGEST:
        raise FormatError("its quaternions do not say which component was left out")
    quats = torch.empty(len(pixels), 4)
    for start in range(0, len(pixels), _BLOCK):
        rows = slice(start, start + _BLOCK)
        others = code_to_component(torch.from_numpy(pixels[rows, :3].astype(np.float32)))
        index = torch.from_numpy(largest[rows].astype(np.int64) - FIRST_LARGEST)
        quats[rows] = rebuild_quats(index, others)
    return quats


def _look_up(codebooks: Tensor, pixels: Pixels, name: str) -> Tensor:
    """Return values (N, 3): those of codebooks (3, size) at the indices in red, green and blue."""
    if int(pixels[:, :3].max()) >= codebooks.shape[1]:
        raise FormatError(f"{name!r} has an index beyond the end of its codebook")
    values = np.empty((len(pixels), 3), dtype=np.float32)
    for channel, codebook in enumerate(codebooks.numpy()):
        values[:, channel] = codebook[pixels[:, channel]]
    return torch.from_numpy(values)
