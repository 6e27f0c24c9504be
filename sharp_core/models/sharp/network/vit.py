"""The vision transformer (arXiv 2010.11929, with LayerScale of arXiv 2103.17239).

In: square images in [-1, 1]. Out: token maps, the normalised last one and raw ones of inner blocks.
The names of modules are those of the published checkpoint.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from torch import Tensor, nn

from sharp_core.models.sharp.network.config import PATCH_SIZE, VitConfig


class VitMaps(NamedTuple):
    """Maps of tokens without the class token, each (B, width, grid, grid), channels last."""

    last: Tensor  # after the final norm
    taps: tuple[Tensor, ...]  # raw outputs of the requested blocks


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Mix `tokens` (B, T, width)."""
        batch, count, width = tokens.shape
        qkv = self.qkv(tokens).view(batch, count, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # (B, heads, T, dim) each
        mixed = F.scaled_dot_product_attention(query, key, value)  # (B, heads, T, dim)
        projected: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))  # (B, T, width)
        return projected


class LayerScale(nn.Module):
    """A residual addition with one learned factor per channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(width))

    def forward(self, tokens: Tensor, update: Tensor) -> Tensor:
        """Return tokens + gamma * update."""
        return torch.addcmul(tokens, update, self.gamma)


class Mlp(nn.Module):
    """Two linear layers with an exact GELU in between."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform each of `tokens` (B, T, width)."""
        transformed: Tensor = self.fc2(F.gelu(self.fc1(tokens)))
        return transformed


class Block(nn.Module):
    """Attention and MLP, each with a norm before and a residual addition after."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width, eps=1e-6)
        self.attn = Attention(config.width, config.heads)
        self.ls1 = LayerScale(config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=1e-6)
        self.mlp = Mlp(config.width, config.mlp_ratio * config.width)
        self.ls2 = LayerScale(config.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform `tokens` (B, T, width)."""
        tokens = self.ls1(tokens, self.attn(self.norm1(tokens)))
        tokens = self.ls2(tokens, self.mlp(self.norm2(tokens)))
        return tokens


class PatchEmbed(nn.Module):
    """Embeds patches of pixels as tokens, row by row."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, config.width, kernel_size=PATCH_SIZE, stride=PATCH_SIZE)

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, grid * grid, width) for `images` (B, 3, side, side)."""
        patches: Tensor = self.proj(images)  # (B, width, grid, grid)
        return patches.flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    """The transformer. Its classifier `head` is in the checkpoint but not used."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.config = config
        self.cls_token = nn.Parameter(torch.empty(1, 1, config.width))
        self.pos_embed = nn.Parameter(torch.empty(1, 1 + config.grid**2, config.width))
        self.patch_embed = PatchEmbed(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.head = nn.Linear(config.width, config.classes)

    def forward(self, images: Tensor, taps: tuple[int, ...] = ()) -> VitMaps:
        """Encode `images` (B, 3, side, side) in [-1, 1]; keep the raw outputs of blocks `taps`."""
        tokens = self.patch_embed(images)  # (B, grid * grid, width)
        class_token = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat((class_token, tokens), dim=1) + self.pos_embed  # (B, T, width)
        tapped = []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if index in taps:
                tapped.append(self._to_map(tokens))
        return VitMaps(self._to_map(self.norm(tokens)), tuple(tapped))

    def _to_map(self, tokens: Tensor) -> Tensor:
        grid = self.config.grid
        # Without the class token, which is the first, the tokens are a channels-last map.
        return tokens[:, 1:].reshape(len(tokens), grid, grid, -1).permute(0, 3, 1, 2)
