"""Resize a photo of any size to the square input of the network, as in its training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class _Taps(NamedTuple):
    """For each output pixel along one axis: the two neighbouring input pixels and their weight."""

    before: Tensor  # (side,)
    after: Tensor  # (side,)
    weight: Tensor  # (side,) of `after`


def resize_to_square(pixels: Tensor, side: int) -> Tensor:
    """Return `pixels` (height, width, 3) uint8 as (3, side, side) float32 in [0, 1].

    Bilinear without antialiasing, with aligned corners, as in the training of the network: torch's
    `interpolate` with `align_corners=True`. Only the needed pixels are converted to float, so that
    a photo of 200 megapixels takes no more memory than one of 12.
    """
    rows = _taps(pixels.shape[0], side, pixels.device)
    columns = _taps(pixels.shape[1], side, pixels.device)

    def blend(row: Tensor) -> Tensor:
        left = pixels[row[:, None], columns.before].float()  # (side, side, 3)
        right = pixels[row[:, None], columns.after].float()
        return torch.lerp(left, right, columns.weight[:, None])

    square = torch.lerp(blend(rows.before), blend(rows.after), rows.weight[:, None, None])
    return square.permute(2, 0, 1) / 255


def _taps(size: int, side: int, device: torch.device) -> _Taps:
    # In float32, as in torch: in float64 large photos would differ from it by 1e-4 of a pixel.
    step = torch.tensor((size - 1) / (side - 1), dtype=torch.float32)
    position = (step * torch.arange(side, dtype=torch.float32)).clamp_max(size - 1)
    before = position.floor()
    after = (before + 1).clamp_max(size - 1)
    return _Taps(before.long().to(device), after.long().to(device), (position - before).to(device))
