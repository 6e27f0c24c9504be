"""Predict the scene of a 360° panorama: tile by tile, aligned and merged.

    panorama -> six flat tiles -> model -> scales aligned in the overlaps -> one scene

Each tile keeps the Gaussians in its share of the sphere. Across the seams both tiles' are there for
a few degrees, and fade out beyond: at each direction at least one tile is opaque.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.records import ScaleSource, SphereWindow
from sharp_core.models.interface import PredictedScene, PredictorInput
from sharp_core.models.sphere.align import (
    align_scales,
    log_range_map,
    sample_map,
    smooth_rest,
)
from sharp_core.models.sphere.cut import SpherePicture
from sharp_core.models.sphere.tiles import TILES, Tile, is_covered, tile_directions
from sharp_core.scene.conventions import LAYERS
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.quaternions import multiply_quats

# How far beyond its share of the sphere a tile fades out, in tile coordinates.
_FEATHER = 0.06
_FEWEST_COVERED = 0.01  # of a tile's pixels: else the panorama does not show it


Predict = Callable[[Sequence[PredictorInput]], list[PredictedScene]]


def predict_sphere(
    predict: Predict, pixels: npt.NDArray[np.uint8], window: SphereWindow, batch_size: int = 1
) -> PredictedScene:
    """Return the scene of a panorama (height, width, 3) in metres, with its front along z.

    `predict` is a model's; `batch_size` tiles are predicted together. The metres are those of the
    tiles with the most trusted scale. Raises what `predict` raises.
    """
    tiles = [tile for tile in TILES if _shows(tile, window)]
    parts: list[Gaussians] = []
    maps: list[Tensor] = []
    sources: list[ScaleSource] = []
    for scene, source in _predict_tiles(predict, SpherePicture(pixels, window), tiles, batch_size):
        maps.append(log_range_map(_visible(scene).means.detach().cpu().float()))
        parts.append(_share_of(scene))
        sources.append(source)
    best = min(sources, key=list(ScaleSource).index)
    scales = align_scales(tiles, maps, [source is best for source in sources])
    rests = smooth_rest(tiles, [one + scale for one, scale in zip(maps, scales, strict=True)])
    merged = [
        _placed(part, tile, scale + rest)
        for part, tile, scale, rest in zip(parts, tiles, scales, rests, strict=True)
    ]
    return PredictedScene(_covered(_joined(merged), window), best)


def _predict_tiles(
    predict: Predict, picture: SpherePicture, tiles: list[Tile], batch_size: int
) -> Iterator[PredictedScene]:
    for start in range(0, len(tiles), batch_size):
        batch = tiles[start : start + batch_size]
        yield from predict([PredictorInput(picture.cut(tile), picture.focal_px) for tile in batch])


def _shows(tile: Tile, window: SphereWindow) -> bool:
    directions = tile_directions(32) @ tile.rotation().T
    return float(is_covered(directions, window).float().mean()) >= _FEWEST_COVERED


def _visible(scene: Gaussians) -> Gaussians:
    """Return the layer that is seen from the eye, of a scene in the order of a predictor."""
    cells = math.isqrt(len(scene) // LAYERS)
    return scene.select(slice(cells**2)) if LAYERS * cells**2 == len(scene) else scene


def _share_of(scene: Gaussians) -> Gaussians:
    """Return the Gaussians of a tile in its share of the sphere, fading beyond it."""
    z = scene.means[:, 2]
    outside = scene.means[:, :2].abs().amax(dim=1) / z - 1
    kept = (z > 0) & (outside < _FEATHER)
    fade = (1 - outside[kept] / _FEATHER).clamp(0, 1)
    part = scene.select(kept)
    return Gaussians(part.means, part.quats, part.scales, part.opacities * fade, part.colors)


def _placed(part: Gaussians, tile: Tile, log_factor: Tensor) -> Gaussians:
    """Return a tile's Gaussians in the world; `log_factor` is a map of the tile."""
    device = part.means.device
    factors = sample_map(log_factor.to(device), part.means).exp()[:, None]
    turn = torch.tensor(tile.quat, device=device)[:, None].expand(4, len(part))
    return Gaussians(
        means=(part.means * factors) @ tile.rotation().to(device).T,
        quats=multiply_quats(turn, part.quats.T).T.contiguous(),
        scales=part.scales * factors,
        opacities=part.opacities,
        colors=part.colors,
    )


def _joined(parts: list[Gaussians]) -> Gaussians:
    return Gaussians(
        *(
            torch.cat([getattr(part, name) for part in parts])
            for name in ("means", "quats", "scales", "opacities", "colors")
        )
    )


def _covered(scene: Gaussians, window: SphereWindow) -> Gaussians:
    """Return the Gaussians in directions that the panorama shows."""
    covered = is_covered(scene.means, window)
    return scene if bool(covered.all()) else scene.select(covered)
