"""Scenes for benchmarks, made from photos with the geometry of the published model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses
from bench_support import ROOT
from PIL import Image, ImageOps
from torch import Tensor

from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.predictor import SmallPredictor
from sharp_core.models.two_layer.base_gaussians import STRIDE, base_gaussians, normalize_depth
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, NdcGaussians, compose
from sharp_core.models.two_layer.ndc_to_metric import ndc_to_metric
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians
from tests.support.scenes import scaled_to_metres

SAMPLE = ROOT / "pipeline" / "sample_photos" / "mongolels.jpg"
GRID = 768  # two layers of it are the published model's 1,179,648 Gaussians
SIZE = (1280, 960)
FOCAL_SHARE = 0.8  # of the photo's width: about 28 mm on full frame
FOCAL_PX = FOCAL_SHARE * SIZE[0]
# Scales of the noise in a network's corrections, each twice as coarse as the one before.
_OCTAVES = 6


def make_scene(path: Path, grid: int, *, varied: bool) -> Gaussians:
    """Return the scene of a photo, cropped to the shape of SIZE, with the published geometry."""
    side = STRIDE * grid
    picture = Image.fromarray(cropped_picture(path))
    pixels = np.asarray(picture.resize((side, side)), np.float32) / 255
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    base = base_gaussians(image, normalize_depth(made_up_depth(side)))
    ndc = compose(base, scatter(grid) if varied else torch.zeros(1, DELTA_CHANNELS, 2, grid, grid))
    return scaled_to_metres(ndc, Intrinsics.of_photo(FOCAL_PX, *SIZE))


def cropped_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Return a photo, cropped to the shape of SIZE."""
    with Image.open(path) as file:
        return np.array(ImageOps.fit(ImageOps.exif_transpose(file).convert("RGB"), SIZE))


def made_up_depth(side: int) -> Tensor:
    """Return synthetic depth in metres (1, 2, side, side): ground, hills and round objects."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    ground = 1.6 / (y + 0.04 * torch.sin(5 * x) + 0.25).clamp_min(0.04)
    visible = ground
    for left, top, radius, metres in (
        (-0.4, 0.2, 0.25, 2.5),
        (0.35, 0.3, 0.3, 1.8),
        (0, 0, 0.2, 4),
    ):
        square = ((x - left) ** 2 + (y - top) ** 2) / radius**2
        visible = torch.where(square < 1, torch.minimum(visible, metres + 0.3 * square), visible)
    return torch.stack([visible, 1.02 * ground])[None]


def scatter(grid: int, noise: Tensor | None = None) -> Tensor:
    """Return deltas with about the spread of a trained network's, by white noise or another."""
    torch.manual_seed(0)
    delta = torch.randn(1, DELTA_CHANNELS, 2, grid, grid) if noise is None else noise
    spread = [3.0] * 3 + [0.35] * 3 + [0.2] * 4 + [0.5] * 3 + [1.5]  # in the composer's order
    delta *= torch.tensor(spread)[None, :, None, None, None]
    delta[:, 3:6] -= 0.2
    delta[:, 13] += 0.5
    return delta


def network_scene(path: Path, grid: int = GRID) -> Gaussians:
    """Return the scene of a photo with the depth of `small` and corrections like a network's.

    These differ between neighbours, yet not as pure noise would: half of their variance is noise of
    coarser scales.
    """
    picture = cropped_picture(path)
    (scene,) = SmallPredictor(cells=grid).predict([PredictorInput(picture, FOCAL_PX)])
    depth = scene.means[:, 2].view(1, 2, grid, grid)
    side = STRIDE * grid
    pixels = np.asarray(Image.fromarray(picture).resize((side, side)), np.float32) / 255
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    base = base_gaussians(image, normalize_depth(F.interpolate(depth, scale_factor=STRIDE)))
    ndc: NdcGaussians = compose(base, scatter(grid, _octaves(grid)))
    return ndc_to_metric(ndc, 0, FOCAL_PX, *SIZE)


def _octaves(grid: int) -> Tensor:
    """Return noise of variance 1 (1, DELTA_CHANNELS, 2, grid, grid), half of it fine."""
    torch.manual_seed(0)
    noise = torch.randn(1, DELTA_CHANNELS * 2, grid, grid)
    coarse = torch.zeros_like(noise)
    for octave in range(1, _OCTAVES):
        cells = max(2, grid >> octave)
        layer = torch.randn(1, DELTA_CHANNELS * 2, cells, cells)
        coarse += F.interpolate(layer, size=(grid, grid), mode="bicubic", align_corners=False)
    mixed = noise / 2**0.5 + coarse / (2**0.5 * coarse.std())
    return mixed.view(1, DELTA_CHANNELS, 2, grid, grid)
