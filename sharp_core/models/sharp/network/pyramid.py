"""Split an image into overlapping patches, and merge the token maps of patches into one map.

Patches are in patch-major order: patch 0 of every image, then patch 1 of every image, and so on,
row by row.
"""

from __future__ import annotations

import torch
from torch import Tensor


def split_patches(image: Tensor, size: int, stride: int) -> Tensor:
    """Split `image` (B, C, R, R) into (n * n * B, C, size, size), n = (R - size) / stride + 1."""
    starts = range(0, image.shape[-1] - size + 1, stride)
    return torch.cat(
        [image[:, :, y : y + size, x : x + size] for y in starts for x in starts], dim=0
    )


def merge_patches(patches: Tensor, batch: int, overlap: int) -> Tensor:
    """Merge maps (n * n * batch, C, g, g) into one (batch, C, m, m), m = n (g - 2 o) + 2 o.

    Neighbours share a band of 2 `overlap` rows or columns. Each drops its outer half of the band,
    where it has the least context. The border of the image is kept.
    """
    side = round((len(patches) // batch) ** 0.5)
    grid = patches.shape[-1]
    tiles = patches.view(side, side, batch, -1, grid, grid)
    spans = [
        slice(0 if i == 0 else overlap, grid if i == side - 1 else grid - overlap)
        for i in range(side)
    ]
    rows = [
        torch.cat([tiles[i, j, :, :, spans[i], spans[j]] for j in range(side)], dim=-1)
        for i in range(side)
    ]
    return torch.cat(rows, dim=-2).contiguous(memory_format=torch.channels_last)
