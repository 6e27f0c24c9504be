from __future__ import annotations

import numpy as np
import pytest
import torch

from schemas.errors import MissingToolError
from sharp_core.render import api
from sharp_core.render.api import choose_engine, make_renderer, render
from sharp_core.scene.cameras import Camera, Intrinsics
from tests.support.render_recordings import psnr, random_scene

CPU = torch.device("cpu")
VIEW = Camera(Intrinsics.of_photo(60, 48, 36), np.eye(4))


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    monkeypatch.setattr(api, "_installed", lambda package: package not in missing)


def test_render_works_with_every_engine():
    scene = random_scene(200, 0)
    exact = render(scene, VIEW, engine="torch")
    for engine in ("auto", "cpu"):
        result = render(scene, VIEW, engine=engine)
        assert psnr(result.color_linear, exact.color_linear) > 55
        assert psnr(result.alpha, exact.alpha) > 55


def test_the_background_fills_uncovered_pixels():
    scene = random_scene(200, 0)
    for engine in ("torch", "cpu"):
        plain, red = (
            render(scene, VIEW, engine=engine, background=background)
            for background in ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
        )
        added = (red.color_linear - plain.color_linear).numpy()
        np.testing.assert_allclose(added[..., 0], 1 - plain.alpha.numpy(), atol=1e-6)
        np.testing.assert_array_equal(added[..., 1:], 0)


def test_srgb8_encodes_the_linear_colors():
    view = Camera(Intrinsics.of_photo(4, 2, 2), np.eye(4))
    scene = random_scene(20, 0)
    scene.means[:, 2] = -1
    picture = render(scene, view, background=(0.0, 0.2158605, 4.0)).srgb8()
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[[0, 128, 255]] * 2] * 2  # 0.2159 linear is 128 in sRGB


def test_auto_chooses_the_engine_by_device_and_installed_packages(monkeypatch, caplog):
    without(monkeypatch)
    assert choose_engine(CPU) == "cpu"
    assert choose_engine(torch.device("cuda")) == "gpu"
    without(monkeypatch, "gsplat")
    assert choose_engine(torch.device("cuda")) == "cpu"
    assert "gsplat is not installed" in caplog.text
    without(monkeypatch, "numba")
    assert choose_engine(CPU) == "torch"


def test_the_error_for_missing_numba_says_what_to_install(monkeypatch):
    without(monkeypatch, "numba")
    with pytest.raises(
        MissingToolError, match=r"pip install numba, or choose the slow engine `torch`"
    ):
        make_renderer(random_scene(20, 0), "cpu")
