"""Losses, composer and renderer together learn a scene that nobody can see in one picture."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from sharp_core.models.two_layer.base_gaussians import (
    STRIDE,
    NormalizedDepth,
    base_gaussians,
    normalize_depth,
)
from sharp_core.models.two_layer.composer import DELTA_CHANNELS, compose
from sharp_core.scene.cameras import Camera
from sharp_core.scene.colors import linear_to_srgb
from sharp_core.scene.gaussians import Gaussians
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.rendering.api import Rendered, render_views
from sharp_core.training.rendering.ndc import ndc_camera, ndc_scene
from sharp_core.training.sharp.losses.alpha import alpha_loss
from sharp_core.training.sharp.losses.color import color_loss
from sharp_core.training.sharp.losses.depth import depth_loss, tv_loss
from sharp_core.training.sharp.losses.frustum import frustum_mask
from tests.support.square_before_wall import hidden_from_origin, picture_from

SIZE, STEPS = 64, 100
INPUT = picture_from(0.0, 0.0, SIZE)
NOVEL = (picture_from(-0.12, 0.0, SIZE), picture_from(0.12, 0.0, SIZE))
HELD_OUT_X = 0.06
HELD_OUT = picture_from(HELD_OUT_X, 0.0, SIZE)


class Scores(NamedTuple):
    """PSNR of the held-out view in dB."""

    first: float
    last: float
    strip: float  # the last, of what the input view does not show


class FreeScene:
    """Two layers whose depth and corrections are learned directly, without a network."""

    def __init__(self, layers: int) -> None:
        self.log_disparity = torch.full((1, 2, SIZE, SIZE), -math.log(1.6))
        self.log_disparity[:, 1] -= 0.2
        self.log_disparity.requires_grad_()
        cells = SIZE // STRIDE
        self.deltas = torch.zeros(1, DELTA_CHANNELS, 2, cells, cells, requires_grad=True)
        self._kept = slice(0, layers * cells * cells)

    def made(self) -> tuple[Gaussians, NormalizedDepth]:
        normalized = normalize_depth(torch.exp(-self.log_disparity))
        base = base_gaussians(picture_of(INPUT)[None], normalized)
        return ndc_scene(compose(base, self.deltas), 0).select(self._kept), normalized


def picture_of(view: PosedPicture) -> Tensor:
    return torch.from_numpy(view.image).permute(2, 0, 1).float() / 255


def rendered(scene: Gaussians, views: tuple[PosedPicture, ...]) -> Rendered:
    cameras: list[Camera] = [ndc_camera(INPUT.camera, view.camera) for view in views]
    return render_views(scene, cameras)


@torch.no_grad()
def psnr_of_held_out(scene: FreeScene) -> tuple[float, float]:
    color = linear_to_srgb(rendered(scene.made()[0], (HELD_OUT,)).color[0]).clamp(0, 1)
    errors = (color - picture_of(HELD_OUT).permute(1, 2, 0)).square().mean(dim=-1)
    strip = torch.from_numpy(hidden_from_origin(HELD_OUT_X, 0.0, SIZE))
    return -10 * math.log10(errors.mean()), -10 * math.log10(errors[strip].mean())


def learn(layers: int, tv_weight: float) -> Scores:
    scene = FreeScene(layers)
    rates = ((scene.deltas, 0.05), (scene.log_disparity, 0.01))
    optimizer = torch.optim.Adam([{"params": [values], "lr": rate} for values, rate in rates])
    first, _ = psnr_of_held_out(scene)
    depth = torch.from_numpy(INPUT.depth_m)[None, None]
    views = (INPUT, *NOVEL)
    masks = [
        frustum_mask(torch.from_numpy(view.depth_m), view.camera, INPUT.camera) for view in views
    ]
    for _ in range(STEPS):
        gaussians, normalized = scene.made()
        seen = rendered(gaussians, views)
        loss = 0.2 * depth_loss(torch.exp(-scene.log_disparity[:, :1]), depth)
        loss = loss + tv_weight * tv_loss(1 / normalized.depth[:, 1:])
        for color, alpha, view, mask in zip(seen.color, seen.alpha, views, masks, strict=True):
            srgb = linear_to_srgb(color).permute(2, 0, 1)
            loss = loss + color_loss(srgb, picture_of(view), mask) + alpha_loss(alpha, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Scores(first, *psnr_of_held_out(scene))


@pytest.fixture(scope="module")
def whole() -> Scores:
    return learn(layers=2, tv_weight=1.0)


def test_a_held_out_view_is_learned_from_three_others(whole: Scores) -> None:
    assert 18 < whole.first < 21
    assert whole.last > 29
    assert whole.strip > 26


def test_without_the_hidden_layer_the_disoccluded_strip_is_worse(whole: Scores) -> None:
    single = learn(layers=1, tv_weight=0.0)
    assert single.strip < whole.strip - 2
    assert single.last < whole.last - 3


def test_without_its_smoothness_the_disoccluded_strip_is_worse(whole: Scores) -> None:
    rough = learn(layers=2, tv_weight=0.0)
    assert rough.strip < whole.strip - 0.8
    assert rough.last < whole.last
