"""Pictures of what a network has learned, beside the truth."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sharp_core.models.sharp.network.model import NetworkStages
from sharp_core.training.sharp.losses.frustum import frustum_mask
from sharp_core.training.sharp.losses.means import masked_mean
from sharp_core.training.sharp.objective import render_pair
from sharp_core.training.sharp.prepare import NetworkInput, PreparedPair, resized_depth
from sharp_core.views.turbo import turbo

_TITLES = (
    "input",
    "novel: truth",
    "novel: predicted",
    "input: predicted",
    "depth: truth",
    "depth: predicted",
)
_GAP, _TITLE_PX = 4, 18


class Sample(NamedTuple):
    """What a network makes of one pair."""

    pictures: tuple[npt.NDArray[np.uint8], ...]  # of `_TITLES`
    psnr_db: float  # of the novel view, over what the input view has in its frame


@torch.no_grad()
def make_sample(predict: Callable[[NetworkInput], NetworkStages], pair: PreparedPair) -> Sample:
    """Predict as in use, without the true depth, and render both views."""
    stages = predict(replace(pair.seen, true_depth=None))
    source, target = (view.srgb.clamp(0.0, 1.0) for view in render_pair(stages, pair))
    mask = frustum_mask(pair.target.depth, pair.target.camera, pair.source.camera, margin=1.0)
    error = masked_mean((target - pair.target.picture).square(), mask).clamp_min(1e-12)
    predicted = resized_depth(stages.adjusted_depth[0, 0], *source.shape[1:])
    true = pair.source.depth
    inverse = 1.0 / true.where(true > 0, torch.inf)
    # Both depths in the same colours: the nearest true point is dark red.
    nearest = inverse.max().clamp_min(1e-6)
    pictures = (
        _pixels(pair.source.picture),
        _pixels(pair.target.picture),
        _pixels(target),
        _pixels(source),
        turbo(inverse / nearest),
        turbo(1.0 / predicted / nearest),
    )
    return Sample(pictures, float(-10 * error.log10()))


def save_samples(samples: Sequence[Sample], path: Path, title: str) -> None:
    """Write a PNG: a row for each sample, a column for each of its pictures."""
    widths = [
        max(sample.pictures[column].shape[1] for sample in samples)
        for column in range(len(_TITLES))
    ]
    heights = [sample.pictures[0].shape[0] for sample in samples]
    size = (
        sum(widths) + _GAP * len(widths),
        2 * _TITLE_PX + sum(heights) + _GAP * len(heights),
    )
    page = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    draw.text((0, 2), title, "black", font)
    left = 0
    for column, (name, width) in enumerate(zip(_TITLES, widths, strict=True)):
        draw.text((left, _TITLE_PX), name, "black", font)
        top = 2 * _TITLE_PX
        for sample, height in zip(samples, heights, strict=True):
            page.paste(Image.fromarray(sample.pictures[column]), (left, top))
            top += height + _GAP
        left += width + _GAP
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(buffer.getvalue())
    temporary.replace(path)


def _pixels(picture: Tensor) -> npt.NDArray[np.uint8]:
    values = (picture.permute(1, 2, 0) * 255).round().byte().cpu().numpy()
    return np.ascontiguousarray(values)
