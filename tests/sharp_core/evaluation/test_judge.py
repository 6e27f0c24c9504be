from __future__ import annotations

import numpy as np
import pytest

from sharp_core.evaluation.flat import predict_flat
from sharp_core.evaluation.judge import Judge, is_side_by_side
from sharp_core.evaluation.metrics.psnr import psnr
from sharp_core.evaluation.metrics.ssim import ssim
from sharp_core.evaluation.sample import Target
from sharp_core.models.interface import PredictorInput
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.posed_picture import PosedPicture
from tests.support.analytic_scene import VIEWS
from tests.support.stereo_scene import (
    BASELINE_M,
    FOCAL_PX,
    HEIGHT,
    WIDTH,
    ScaledTruth,
    true_pair,
)

LEFT, RIGHT, DEPTH = true_pair()
ASIDE = np.eye(4)
ASIDE[0, 3] = -BASELINE_M
CAMERA = Camera(Intrinsics.of_photo(FOCAL_PX, WIDTH, HEIGHT), np.eye(4))
RIGHT_CAMERA = Camera(CAMERA.intrinsics, ASIDE)
METRICS = {"psnr": psnr, "ssim": ssim}


def judge(factor: float | None, right: np.ndarray = RIGHT, **options: bool):
    photo = PredictorInput(LEFT, FOCAL_PX)
    scene = predict_flat(photo, 256) if factor is None else ScaledTruth(factor).predict([photo])[0]
    source = PosedPicture(LEFT, CAMERA, DEPTH if options.pop("with_depth", False) else None)
    target = Target("pair", PosedPicture(right, RIGHT_CAMERA), **options)
    return Judge(make_renderer(scene), source, METRICS).judge(target)


def test_true_depth_beats_a_wrong_scale_and_a_flat_photo() -> None:
    truth, wrong, flat = judge(1.0), judge(3.0), judge(None)
    for metric in METRICS:
        assert truth.plain.values[metric] > wrong.plain.values[metric] + 0.02
        assert truth.plain.values[metric] > flat.plain.values[metric] + 0.02
    assert truth.distance_m == pytest.approx(BASELINE_M)


@pytest.mark.parametrize("with_depth", [False, True], ids=["by matching", "by true depth"])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_privileged_scale_recovers_a_planted_factor(factor: float, with_depth: bool) -> None:
    found = judge(factor, with_depth=with_depth)
    assert found.aligned is not None
    assert found.aligned.fit.scale == pytest.approx(1 / factor, rel=0.03)
    best = judge(1.0).plain.values["psnr"]
    assert found.aligned.values["psnr"] == pytest.approx(best, abs=0.5)
    assert found.plain.values["psnr"] < best - 1


def test_the_values_are_those_of_the_images() -> None:
    found = judge(1.0)
    difference = (found.plain.image.astype(float) - found.target) / 255
    by_hand = -10 * np.log10(np.mean(difference**2))
    assert found.plain.values["psnr"] == pytest.approx(by_hand, abs=1e-9)
    assert found.plain.image.shape == RIGHT.shape


def test_an_unknown_shift_is_fitted_and_its_empty_strip_cut_off() -> None:
    shift = 30
    found = judge(1.0, np.roll(RIGHT, shift, axis=1), is_placed=False)
    assert found.plain.fit.shift_px == pytest.approx(shift, abs=0.4)
    # The left picture's first column lies at shift - disparity of the wall.
    assert found.target.shape[1] == pytest.approx(WIDTH - (shift - 8), abs=2)
    whole = judge(1.0)
    assert found.plain.values["psnr"] > whole.plain.values["psnr"] - 1
    assert "fitted" in found.notes[0]


def test_pictures_without_a_match_have_no_aligned_scale() -> None:
    noise = np.random.default_rng(0).integers(0, 256, RIGHT.shape, np.uint8)
    found = judge(1.0, noise)
    assert found.aligned is None
    assert "no aligned scale" in found.notes[0]
    with pytest.raises(ValueError, match="too little in common"):
        judge(1.0, noise, is_placed=False)


def test_only_a_step_aside_is_side_by_side() -> None:
    assert is_side_by_side(CAMERA, RIGHT_CAMERA)
    assert not is_side_by_side(CAMERA, CAMERA)
    assert not is_side_by_side(CAMERA, Camera(CAMERA.intrinsics, VIEWS[3]))
