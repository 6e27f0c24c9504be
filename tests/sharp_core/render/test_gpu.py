from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from schemas.errors import MissingToolError
from sharp_core.render import gpu
from sharp_core.render.api import make_renderer
from tests.support.render_recordings import psnr, recorded_scene, recordings, worst_depth


@pytest.mark.gpu
@pytest.mark.parametrize("view", range(3))
def test_renders_match_the_recorded_views(view):
    recording = recordings()[view]
    result = make_renderer(recorded_scene().to("cuda")).render(recording.camera)
    assert result.color_linear.device.type == "cuda"
    assert psnr(result.color_linear.cpu(), recording.color_linear) > 55
    assert worst_depth(result, recording.depth, recording.alpha) < 1e-3
    np.testing.assert_allclose(result.alpha.cpu(), recording.alpha, atol=1e-3)


@pytest.mark.gpu
def test_the_background_fills_uncovered_pixels():
    recording = recordings()[0]
    renderer = make_renderer(recorded_scene(), "gpu")
    plain, red = (renderer.render(recording.camera, (red, 0.0, 0.0)) for red in (0.0, 1.0))
    added = (red.color_linear - plain.color_linear)[..., 0]
    torch.testing.assert_close(added, 1 - plain.alpha, atol=1e-5, rtol=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_the_error_without_a_cuda_device_says_which_engine_to_choose():
    with pytest.raises(MissingToolError, match="PyTorch sees none; choose the engine `cpu`"):
        make_renderer(recorded_scene(), "gpu")


def test_the_error_names_missing_build_tools(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("torch.utils.cpp_extension.CUDA_HOME", None)
    advice = gpu._build_advice(RuntimeError("No module"))
    assert "without nvcc" in advice
    assert "a C++ compiler, ninja" in advice
    assert "choose the engine `cpu`" in advice


def test_the_error_of_gsplat_is_shown_if_no_build_tool_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "RuntimeError: no kernel image" in gpu._build_advice(RuntimeError("no kernel image"))
