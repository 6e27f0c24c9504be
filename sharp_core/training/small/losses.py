"""Losses of the `small` network: depth up to scale and shift, and classes.

Depth follows MiDaS (Ranftl et al., arXiv 1907.01341): prediction and target are both brought to
median 0 and mean absolute deviation 1, then compared (equations 4 to 6), without the largest
residuals (equation 7), and by their gradients over several scales (equation 11). Random pairs of
pixels add a ranking loss (Chen et al., arXiv 1604.03701): the far range is so narrow in inverse
depth that only its order is felt.
All inputs are (B, H, W) at the network's output size; `mask` is true where the target is known.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Maps of 0 (far) to 1 (near) deviate by about 0.25; a scene that is nearly all sky would count for
# many others without a limit.
MIN_DEVIATION = 0.1


@dataclass(frozen=True)
class LossWeights:
    """How the terms add up."""

    gradient: float = 0.5
    """Of the gradient term for photos (MiDaS: 0.5)."""
    gradient_exact: float = 1.0
    """Of the gradient term for procedural scenes, whose edges are exact."""
    first_gradient_scale: int = 0
    """First scale for photos; 1 where labels are so soft that neighbours' differences mean
    nothing."""
    gradient_scales: int = 4
    trimmed: float = 0.2
    """Share of the largest residuals that a photo's loss leaves out (MiDaS: 0.2)."""
    ranking: float = 0.3
    ranking_softness: float = 0.1
    """Difference, in mean deviations, beyond which a pair in the right order costs little."""
    min_difference: float = 0.05
    """Pairs of a photo whose labels differ by less have no known order; far 0, near 1."""
    min_difference_exact: float = 0.01
    anchor: float = 0.1
    """Of the plain difference, which keeps the output's range at 0 (far) to 1 (near)."""
    classes: float = 0.8
    class_weights: tuple[float, float, float, float] = (1.0, 1.0, 1.5, 1.0)
    """Of sky, ground, person, other: persons are rare, but much more would see them everywhere."""


@dataclass(frozen=True)
class Targets:
    """What a batch should give, at the output size."""

    inverse_depth: Tensor
    """(B, H, W), about 0 far and 1 near."""
    classes: Tensor
    """(B, H, W) int64, indices of `config.CLASS_NAMES`."""
    mask: Tensor
    """(B, H, W) bool: where inverse depth is known."""
    exact: Tensor
    """(B,) bool: procedural scenes."""
    pairs: Tensor
    """(B, 2, K) int64: pixels, row * W + column, to compare with each other."""


@dataclass(frozen=True)
class LossParts:
    """Each term's mean over the batch, before weighting, and the weighted sum."""

    total: Tensor
    depth: Tensor
    gradient: Tensor
    ranking: Tensor
    anchor: Tensor
    classes: Tensor


def normalised(values: Tensor, mask: Tensor) -> Tensor:
    """Bring each picture to median 0 and mean absolute deviation 1 over its mask.

    `values` and `mask` are (B, H, W); where the mask is false the result is 0. MiDaS, equation 5.
    """
    flat = values.flatten(1)  # (B, H*W)
    known = mask.flatten(1)
    median = torch.where(known, flat, torch.nan).nanmedian(dim=1, keepdim=True).values
    centred = torch.where(known, flat - median.nan_to_num(), 0.0)
    count = known.sum(dim=1, keepdim=True).clamp(min=1)
    deviation = centred.abs().sum(dim=1, keepdim=True) / count
    return (centred / deviation.clamp(min=MIN_DEVIATION)).view_as(values)


def trimmed_mean(residual: Tensor, mask: Tensor, trimmed: Tensor) -> Tensor:
    """Return (B,): the mean absolute residual without each picture's largest share.

    `trimmed` (B,) is that share, in [0, 1). As in MiDaS, equation 7, the sum is divided by the
    number of all known pixels.
    """
    flat = torch.where(mask, residual.abs(), 0.0).flatten(1)  # (B, H*W)
    known = mask.flatten(1).sum(dim=1)
    kept = (known * (1.0 - trimmed)).long().clamp(min=1)
    # Unknown pixels are zeros at the front of the order, so the largest are at its end.
    threshold_rank = flat.shape[1] - known + kept - 1
    ordered = flat.detach().sort(dim=1).values
    threshold = ordered.gather(1, threshold_rank.clamp(max=flat.shape[1] - 1)[:, None])
    total = torch.where(flat <= threshold, flat, 0.0).sum(dim=1)
    return total / known.clamp(min=1)


def gradient_term(residual: Tensor, mask: Tensor, scale: int) -> Tensor:
    """Return (B,): the mean absolute difference of residuals that are neighbours at one scale.

    Scale k takes each 2^k-th row and column (MiDaS, equation 11); pairs count where both
    pixels are known.
    """
    step = 2**scale
    r, m = residual[:, ::step, ::step], mask[:, ::step, ::step]
    across = (r[:, :, 1:] - r[:, :, :-1]).abs() * (m[:, :, 1:] & m[:, :, :-1])
    down = (r[:, 1:] - r[:, :-1]).abs() * (m[:, 1:] & m[:, :-1])
    count = m.flatten(1).sum(dim=1).clamp(min=1)
    return (across.flatten(1).sum(dim=1) + down.flatten(1).sum(dim=1)) / count


def ranking_term(
    values: Tensor, target: Tensor, targets: Targets, min_difference: Tensor, softness: float
) -> Tensor:
    """Return (B,): the mean logistic loss of pairs whose order is known.

    `values` and `target` are (B, H, W). A pair counts if both pixels are known and the target
    differs by more than `min_difference` (B,). Slope 1 for pairs in the wrong order, falling to 0
    over a few `softness` once the order is right.
    """
    one, other = targets.pairs[:, 0], targets.pairs[:, 1]  # (B, K)

    def between(maps: Tensor) -> Tensor:
        flat = maps.flatten(1)
        return flat.gather(1, one) - flat.gather(1, other)  # (B, K)

    known = targets.mask.flatten(1)
    wanted = between(target)
    counts = (wanted.abs() > min_difference[:, None]) & known.gather(1, one)
    counts &= known.gather(1, other)
    agreement = between(values) * wanted.sign()
    cost = softness * functional.softplus(-agreement / softness)
    return (cost * counts).sum(dim=1) / counts.sum(dim=1).clamp(min=1)


def depth_and_class_loss(
    inverse_depth: Tensor, class_logits: Tensor, targets: Targets, weights: LossWeights
) -> LossParts:
    """Return the weighted loss of a batch.

    `inverse_depth` (B, H, W) and `class_logits` (B, 4, H, W) are the network's outputs.
    """
    mask, exact = targets.mask, targets.exact
    predicted = normalised(inverse_depth, mask)
    residual = predicted - normalised(targets.inverse_depth, mask)
    trimmed = torch.where(exact, 0.0, weights.trimmed)
    depth = trimmed_mean(residual, mask, trimmed)
    scales = torch.stack(
        [gradient_term(residual, mask, k) for k in range(weights.gradient_scales)]
    )  # (scales, B)
    coarse = scales[weights.first_gradient_scale :].sum(dim=0)
    gradient = torch.where(
        exact, weights.gradient_exact * scales.sum(dim=0), weights.gradient * coarse
    )
    least = torch.where(exact, weights.min_difference_exact, weights.min_difference)
    softness = weights.ranking_softness
    ranking = ranking_term(predicted, targets.inverse_depth, targets, least, softness)
    difference = (inverse_depth - targets.inverse_depth).abs() * mask
    anchor = difference.flatten(1).sum(dim=1) / mask.flatten(1).sum(dim=1).clamp(min=1)
    per_class = torch.tensor(weights.class_weights, device=class_logits.device)
    classes = functional.cross_entropy(class_logits, targets.classes, weight=per_class)
    together = depth + gradient + weights.ranking * ranking + weights.anchor * anchor
    total = together.mean() + weights.classes * classes
    return LossParts(total, depth.mean(), gradient.mean(), ranking.mean(), anchor.mean(), classes)
