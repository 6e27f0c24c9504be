"""Align the depths of tiles that overlap: one factor a tile, and a smooth rest.

In: for each tile a coarse map of log range, the logarithm of the distance from the eye in metres;
NaN where it is not known. Out: what to add to it.

A model sees each tile alone, so the same wall may come out at 3 m in one and at 4 m in the next.
Where two tiles overlap, the median of the difference tells their relative scale. All differences
together are solved for one scale a tile (least squares, reweighted so that an overlap that
contradicts the others counts little): the loops around the sphere close. What is left differs
slowly over the overlaps; each tile moves towards what the tiles there say together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.models.sphere.tiles import EDGE, Tile, tile_coordinates, tile_directions

MAP_SIDE = 96
# The farthest a tile can say, where the sky is, says nothing about its scale.
_FAR_SHARE = 0.9
_FEWEST = 12  # cells of an overlap that tell a difference
_FLOOR = 0.03  # of the spread of a difference: even few cells that agree are not exact
_OUTLIER = 0.1  # difference from the others at which an overlap counts half
_ROUNDS = 30
_TIE = 1e-6  # weight by which a tile without any overlap stays as it is
_LARGEST_REST = 0.7  # a factor of two: beyond it, tiles show different things
_BLUR_SIDE = 13  # cells of the map, some 15 degrees


class _Overlap(NamedTuple):
    """How much farther tile `first` says that things are than tile `second`."""

    first: int
    second: int
    difference: float  # of log range
    weight: float


def log_range_map(means: Tensor) -> Tensor:
    """Return (MAP_SIDE, MAP_SIDE) mean log range of the points (N, 3) of a tile, by direction."""
    coordinates, valid = tile_coordinates(means)
    at = ((coordinates[valid] / EDGE + 1) / 2 * MAP_SIDE).long().clamp(0, MAP_SIDE - 1)
    index = at[:, 1] * MAP_SIDE + at[:, 0]
    ranges = torch.linalg.vector_norm(means[valid], dim=1).log()
    total = torch.zeros(MAP_SIDE**2).index_add_(0, index, ranges)
    count = torch.zeros(MAP_SIDE**2).index_add_(0, index, torch.ones_like(ranges))
    return (total / count).view(MAP_SIDE, MAP_SIDE)  # 0 / 0 is NaN: not known


def align_scales(
    tiles: Sequence[Tile], maps: Sequence[Tensor], are_trusted: Sequence[bool]
) -> Tensor:
    """Return (T,) what to add to the log range of each tile.

    The median of the trusted tiles stays as it is: the scene has the scale that they say.
    """
    count = len(tiles)
    overlaps = [
        found
        for first in range(count)
        for second in range(first + 1, count)
        if (found := _compare(tiles, maps, first, second)) is not None
    ]
    scales = torch.zeros(count, dtype=torch.float64)
    for _ in range(_ROUNDS):
        matrix = _TIE * torch.eye(count, dtype=torch.float64)
        right = torch.zeros(count, dtype=torch.float64)
        for first, second, difference, trust in overlaps:
            error = float(scales[first] - scales[second]) + difference
            weight = trust / (1 + (error / _OUTLIER) ** 2)  # Cauchy
            matrix[first, first] += weight
            matrix[second, second] += weight
            matrix[first, second] -= weight
            matrix[second, first] -= weight
            right[first] -= weight * difference
            right[second] += weight * difference
        scales = torch.linalg.solve(matrix, right)
    return (scales - scales[torch.tensor(are_trusted)].quantile(0.5)).float()


def smooth_rest(tiles: Sequence[Tile], maps: Sequence[Tensor]) -> list[Tensor]:
    """Return maps of what to add to each tile's log range, which is aligned in scale already.

    Each is zero in the middle of its tile, where there is no other, and smooth.
    """
    rests = []
    for index, tile in enumerate(tiles):
        own = maps[index].flatten()
        weight = _trust(tile_directions(MAP_SIDE).view(-1, 3))
        total, weights = own.nan_to_num() * weight, weight * ~own.isnan()
        for other, neighbor in enumerate(tiles):
            if other != index:
                there, seen = _directions_in(tile, neighbor)
                values = _sample(maps[other], there)
                trust = torch.where(seen & ~values.isnan(), _trust(there), 0.0)
                total = total + values.nan_to_num() * trust
                weights = weights + trust
        rest = (total / weights - own).clamp(-_LARGEST_REST, _LARGEST_REST).nan_to_num()
        rests.append(_blurred(rest.view(MAP_SIDE, MAP_SIDE)))
    return rests


def sample_map(values: Tensor, points: Tensor) -> Tensor:
    """Return (N,) values of a tile's map in the directions of points (N, 3) in its camera."""
    coordinates, _ = tile_coordinates(points)
    found = torch.nn.functional.grid_sample(
        values[None, None],
        (coordinates / EDGE)[None, None],
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    sampled: Tensor = found[0, 0, 0]
    return sampled


def _compare(
    tiles: Sequence[Tile], maps: Sequence[Tensor], first: int, second: int
) -> _Overlap | None:
    there, seen = _directions_in(tiles[first], tiles[second])
    if not seen.any():
        return None
    own, other = maps[first].flatten(), _sample(maps[second], there)
    near = _is_near(maps[first]).flatten() & _sample(_is_near(maps[second]).float(), there).bool()
    known = seen & ~own.isnan() & ~other.isnan()
    used = known & near if int((known & near).sum()) >= _FEWEST else known
    if int(used.sum()) < _FEWEST:
        return None
    differences = (own - other)[used]
    middle = differences.median()
    spread = float((differences - middle).abs().median()) + _FLOOR
    trust = 1.0 if used is not known else 0.01
    return _Overlap(first, second, float(middle), trust * int(used.sum()) / spread**2)


def _is_near(log_range: Tensor) -> Tensor:
    """Return where a map is nearer than the farthest depth that its tile says."""
    depth = log_range.exp() / torch.linalg.vector_norm(tile_directions(MAP_SIDE), dim=-1)
    is_near: Tensor = depth < _FAR_SHARE * depth.nan_to_num().max()
    return is_near


def _directions_in(tile: Tile, other: Tile) -> tuple[Tensor, Tensor]:
    """Return the directions of a tile's map (M * M, 3) in another's camera, and what it shows."""
    turn = tile.rotation().T @ other.rotation()
    there = tile_directions(MAP_SIDE).view(-1, 3) @ turn
    return there, tile_coordinates(there)[1]


def _sample(values: Tensor, directions: Tensor) -> Tensor:
    """Return (N,) values of a map in the directions (N, 3): those of the nearest cells."""
    coordinates, _ = tile_coordinates(directions)
    at = ((coordinates / EDGE + 1) / 2 * MAP_SIDE).long().clamp(0, MAP_SIDE - 1)
    return values[at[:, 1], at[:, 0]]


def _trust(directions: Tensor) -> Tensor:
    """Return (N,) weights of what a tile says: 1 in its middle, 0 at its edge and beyond."""
    coordinates, valid = tile_coordinates(directions)
    inside = 1 - coordinates.abs().amax(dim=1) / EDGE
    return torch.where(valid, inside.clamp_min(0), 0.0)


def _blurred(values: Tensor) -> Tensor:
    pool = torch.nn.AvgPool2d(_BLUR_SIDE, stride=1)
    pad = torch.nn.ReplicationPad2d(_BLUR_SIDE // 2)
    blurred: Tensor = pool(pad(pool(pad(values[None, None]))))
    return blurred[0, 0]
