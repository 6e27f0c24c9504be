"""GroupNorm (arXiv 1803.08494) with accurate sums on a CPU.

On a CPU, torch sums a whole group of a channels-last map in one float32. For a map of 75 million
values the error is 3e-5. Sums by `torch.sum` are accurate to 1e-7.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# 16 MB in float32: portions that fit the cache and whose memory the allocator reuses.
_PORTION_VALUES = 4_000_000


class GroupNorm(nn.GroupNorm):
    """torch's GroupNorm, with accurate sums on a CPU."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each group of channels of `x` (B, C, H, W)."""
        if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_grad_enabled():
            return super().forward(x)
        batch, channels, height, width = x.shape
        total, total_of_squares = x.new_zeros((2, batch, channels), dtype=torch.float64)
        rows = max(_PORTION_VALUES // (batch * channels * width), 1)
        for top in range(0, height, rows):
            portion = x[:, :, top : top + rows]
            total += portion.sum(dim=(2, 3))
            total_of_squares += portion.square().sum(dim=(2, 3))
        grouped = (batch, self.num_groups, -1)
        count = height * width
        mean = total.view(grouped).mean(dim=2, keepdim=True) / count  # (B, groups, 1)
        square = total_of_squares.view(grouped).mean(dim=2, keepdim=True) / count
        scale = torch.rsqrt(square - mean.square() + self.eps)
        gain = self.weight.view(self.num_groups, -1) * scale  # (B, groups, channels a group)
        shift = self.bias.view(self.num_groups, -1) - mean * gain
        per_channel = (batch, channels, 1, 1)
        return torch.addcmul(shift.view(per_channel).float(), x, gain.view(per_channel).float())
