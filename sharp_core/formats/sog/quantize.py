"""Quantise Gaussians to the images of a SOG, on the device of the Gaussians.

In: `Gaussians`, `SceneInfo`, `SogSettings`. Out: `SogPlanes`.
The grid of the predictor is kept, its two layers one above the other, so that every image is as
smooth as the scene. Depth is rounded first. Then x and y move along the ray to the rounded depth,
so that a Gaussian moves by less than one step across the image. Position steps are powers of two of
the format's codes, so that low bytes take few values. Other attributes use codebooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.codebook import Codebook, Part, multiple_of, to_codebook
from sharp_core.formats.sog.order import ImageLayout, image_layout, sort_by_morton_order
from sharp_core.formats.sog.planes import (
    CODEBOOK_SIZE,
    DEPTH_QUANTILES,
    FIRST_LARGEST,
    LAST_POSITION,
    SogPlanes,
    Triple,
    compress_lengths,
    expand_lengths,
)
from sharp_core.formats.sog.settings import GRID_CELLS, QuantizationSteps, SogSettings, cell_size
from sharp_core.formats.sog.shape_codes import encode_shapes, encode_shapes_for_view, round_to_steps
from sharp_core.formats.values import scales_to_log, unit_quats
from sharp_core.scene.colors import linear_to_srgb, srgb_to_sh0
from sharp_core.scene.gaussians import Gaussians, depth_quantiles

# Gaussians per block on a CPU: the temporary arrays stay in cache.
_CPU_BLOCK = 1 << 16
# Maximum number of the 16 bits of a position that rounding drops.
_MOST_BITS = 10
# x and y do not follow a depth that rounding changes by more than this factor.
_MOST_DEPTH_CHANGE = 2.0
# Renderers clamp the slope of a Gaussian to this share of the image width from the centre.
_WIDEST = 0.65
_TINY = 1e-30


class _Units(NamedTuple):
    """Ranges and units of the whole scene, computed before any part is quantised."""

    low: Tensor  # (3, 1) least compressed position
    high: Tensor  # (3, 1) greatest
    positions: Tensor  # (3, 1) codes per unit of compressed position; 0 for an axis of no extent
    scale: float  # of the logarithm of scales, between codebook neighbours
    color: float  # of sRGB


class _Codes(NamedTuple):
    """Quantised splats. Scales and colours count steps from zero."""

    positions: Tensor  # (3, N) int32
    quats: Tensor  # (3, N) uint8: x, y, z
    scales: Tensor  # (3, N) int32
    colors: Tensor  # (3, N) int32
    opacities: Tensor  # (N,) uint8


class _Block(NamedTuple):
    """Some Gaussians of one layer, one row per component."""

    means: Tensor  # (3, B)
    quats: Tensor  # (4, B)
    scales: Tensor  # (3, B)
    opacities: Tensor  # (B,)
    colors: Tensor  # (3, B)


def quantize(gaussians: Gaussians, info: SceneInfo | None, settings: SogSettings) -> SogPlanes:
    """Return the images of a scene. Raises FormatError if it has too many Gaussians for them.

    Without `info` the viewpoint is unknown, so positions keep all 16 bits with any `settings`.
    """
    layout = image_layout(len(gaussians), has_grid=info is not None)
    if layout.layers == 1:
        gaussians = sort_by_morton_order(gaussians)
    units = _units(gaussians, settings.visible)
    codes = _quantize(gaussians, layout, info, settings, units)
    layers = [*_layers(len(gaussians), layout.layers)]
    for rows in layers:
        _hide_transparent(codes, rows)
    scales = to_codebook(codes.scales, _scale_parts(layers, info, settings, units))
    colors = to_codebook(codes.colors, _color_parts(layers, settings, units))
    depths = _depths(gaussians) if info else None
    return _planes(codes, scales, colors, layout, units, depths)


def _units(gaussians: Gaussians, steps: QuantizationSteps) -> _Units:
    low, high = (
        compress_lengths(bound)[:, None] for bound in torch.aminmax(gaussians.means, dim=0)
    )
    extent = high - low
    codes = torch.where(extent > 0, LAST_POSITION / extent.clamp_min(_TINY), 0.0)
    least, most = (scales_to_log(bound) for bound in torch.aminmax(gaussians.scales))
    # Stored axes can be longer or shorter than all original ones: hence the margin of 2.
    scale = max(steps.scale, (float(most - least) + 2) / (CODEBOOK_SIZE - 1))
    least, most = (linear_to_srgb(bound) for bound in torch.aminmax(gaussians.colors))
    # Rounding to multiples of units can add one unit or more at either end.
    color = max(steps.color / 255, float(most - least) / (CODEBOOK_SIZE - 16))
    return _Units(low, high, codes, scale, color)


def _quantize(
    gaussians: Gaussians,
    layout: ImageLayout,
    info: SceneInfo | None,
    settings: SogSettings,
    units: _Units,
) -> _Codes:
    count, device = len(gaussians), gaussians.means.device
    codes = _Codes(
        positions=torch.empty((3, count), dtype=torch.int32, device=device),
        quats=torch.empty((3, count), dtype=torch.uint8, device=device),
        scales=torch.empty((3, count), dtype=torch.int32, device=device),
        colors=torch.empty((3, count), dtype=torch.int32, device=device),
        opacities=torch.empty(count, dtype=torch.uint8, device=device),
    )
    for rows, layer in _blocks(count, layout.layers, device):
        steps = settings.of_layers[layer]
        block = _Block(
            means=gaussians.means[rows].t().contiguous(),
            quats=unit_quats(gaussians.quats[rows]).t().contiguous(),
            scales=gaussians.scales[rows].t().contiguous(),
            opacities=gaussians.opacities[rows],
            colors=gaussians.colors[rows].t().contiguous(),
        )
        codes.positions[:, rows] = _positions(block.means, steps, info, units)
        if info is None:
            shapes = encode_shapes(block.quats, block.scales, steps, units.scale)
        else:
            slopes = _slopes(block.means, info)
            shapes = encode_shapes_for_view(slopes, block.quats, block.scales, steps, units.scale)
        codes.quats[:, rows], codes.scales[:, rows] = shapes
        srgb = linear_to_srgb(block.colors)
        codes.colors[:, rows] = round_to_steps(srgb, steps.color / 255, units.color)
        codes.opacities[rows] = (block.opacities * (255 / steps.opacity)).round_() * steps.opacity
    return codes


def _blocks(count: int, layers: int, device: torch.device) -> Iterator[tuple[slice, int]]:
    """Yield slices that cover all splats, and the layer of each. No slice spans two layers."""
    size = _CPU_BLOCK if device.type == "cpu" else count
    for layer, rows in enumerate(_layers(count, layers)):
        for start in range(rows.start, rows.stop, size):
            yield slice(start, min(start + size, rows.stop)), layer


def _layers(count: int, layers: int) -> Iterator[slice]:
    """Yield the splats of each layer."""
    each = count // layers
    return (slice(layer * each, (layer + 1) * each) for layer in range(layers))


def _positions(
    means: Tensor, steps: QuantizationSteps, info: SceneInfo | None, units: _Units
) -> Tensor:
    """Return 16-bit codes (3, B)."""
    if info is None:
        return ((compress_lengths(means) - units.low) * units.positions).round_()
    z = means[2]
    distance = z.abs()
    depth = _round_position(z, distance * steps.along, units, 2)
    stored = expand_lengths(units.low[2] + depth / units.positions[2].clamp_min(_TINY))
    ratio = stored / z
    kept = (ratio < _MOST_DEPTH_CHANGE) & (ratio > 1 / _MOST_DEPTH_CHANGE)
    ratio = torch.where(kept, ratio, 1.0)
    codes = [
        _round_position(means[axis] * ratio, distance * (steps.across * cell), units, axis)
        for axis, cell in enumerate(cell_size(info))
    ]
    return torch.stack((*codes, depth))


def _round_position(metres: Tensor, step: Tensor, units: _Units, axis: int) -> Tensor:
    """Return codes (B,), rounded to the power of two of codes that is nearest to `step` metres."""
    per_unit = units.positions[axis]
    exact = (compress_lengths(metres) - units.low[axis]) * per_unit
    bits = (step * per_unit / (1 + metres.abs())).clamp_min(1.0).log2_().round_()
    power = torch.exp2(bits.clamp_max_(_MOST_BITS))
    return (exact / power).round_().mul_(power).clamp_(0, LAST_POSITION)


def _slopes(means: Tensor, info: SceneInfo) -> Tensor:
    """Return x / z and y / z (2, B), clamped as renderers clamp them."""
    width, height = cell_size(info)
    widest = means.new_tensor((width, height))[:, None] * (GRID_CELLS * _WIDEST)
    return (means[:2] / means[2].clamp_min(_TINY)).clamp(-widest, widest)


def _hide_transparent(codes: _Codes, rows: slice) -> None:
    """Copy the codes of the left neighbour to fully transparent splats, which compress best.

    Those before the first visible splat of the layer take its codes.
    """
    is_hidden = codes.opacities[rows] == 0
    hidden = is_hidden.nonzero()[:, 0]
    if len(hidden) == 0:
        return
    index = torch.arange(len(is_hidden), device=is_hidden.device)
    first_visible = is_hidden.to(torch.uint8).argmin()
    neighbours = torch.where(is_hidden, first_visible, index).cummax(dim=0).values[hidden]
    for channels in (codes.positions, codes.quats, codes.scales, codes.colors):
        layer = channels[:, rows]
        layer[:, hidden] = layer[:, neighbours]


def _scale_parts(
    layers: Sequence[slice], info: SceneInfo | None, settings: SogSettings, units: _Units
) -> list[Part]:
    parts = []
    for rows, steps in zip(layers, settings.of_layers, strict=False):
        third = steps.scale if info is None else steps.third_scale
        for channels, step in ((slice(0, 2), steps.scale), (slice(2, 3), third)):
            parts.append(Part(channels, rows, multiple_of(step, units.scale)))
    return parts


def _color_parts(layers: Sequence[slice], settings: SogSettings, units: _Units) -> list[Part]:
    return [
        Part(slice(0, 3), rows, multiple_of(steps.color / 255, units.color))
        for rows, steps in zip(layers, settings.of_layers, strict=False)
    ]


def _planes(
    codes: _Codes,
    scales: Codebook,
    colors: Codebook,
    layout: ImageLayout,
    units: _Units,
    depths: Triple | None,
) -> SogPlanes:
    srgb = torch.from_numpy(colors.units * units.color)
    largest_w = torch.full_like(codes.opacities, FIRST_LARGEST)
    low, high = units.low[:, 0].tolist(), units.high[:, 0].tolist()
    return SogPlanes(
        means_low=layout.image(codes.positions & 255),
        means_high=layout.image(codes.positions >> 8),
        quats=layout.image(torch.cat((codes.quats, largest_w[None]))),
        scales=layout.image(scales.codes),
        sh0=layout.image(torch.cat((colors.codes, codes.opacities[None]))),
        splats=len(codes.opacities),
        mins=(low[0], low[1], low[2]),
        maxs=(high[0], high[1], high[2]),
        scale_codebook=tuple((scales.units * units.scale).tolist()),
        color_codebook=tuple(srgb_to_sh0(srgb).tolist()),
        depths=depths,
    )


def _depths(gaussians: Gaussians) -> Triple | None:
    if not bool((gaussians.means[:, 2] > 0).any()):
        return None
    near, middle, far = depth_quantiles(gaussians, DEPTH_QUANTILES)
    return near, middle, far
