"""The GPU engine: rasterisation by gsplat on CUDA.

gsplat from PyPI contains sources: the first call compiles its CUDA kernels. This takes some minutes
once per machine, and needs `nvcc` and a C++ compiler. The result stays in PyTorch's folder for
extensions (`TORCH_EXTENSIONS_DIR`, by default in the user's cache). Wheels with compiled kernels
for some versions of PyTorch and CUDA are at https://docs.gsplat.studio/whl.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock  # PyTorch depends on it too
from torch import Tensor

from schemas.errors import MissingToolError
from sharp_core.render.result import BLACK, Background, RenderResult
from sharp_core.render.rules import NEAR_M
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix
from sharp_core.scene.gaussians import Gaussians

_WHEELS = "https://docs.gsplat.studio/whl"

_log = logging.getLogger(__name__)


class GpuRenderer:
    """Renders views of one scene on a CUDA device. Differentiable with respect to the Gaussians."""

    engine = "gpu"

    def __init__(self, gaussians: Gaussians) -> None:
        """Move a scene to the GPU. Raises MissingToolError if gsplat cannot run."""
        if not torch.cuda.is_available():
            raise MissingToolError(
                "the GPU renderer needs a CUDA device, and PyTorch sees none; "
                "choose the engine `cpu`"
            )
        device = gaussians.means.device
        self._gaussians = gaussians.to(device if device.type == "cuda" else "cuda")
        _prepare_gsplat()

    def render(self, camera: Camera, background: Background = BLACK) -> RenderResult:
        """Return one view as tensors on the GPU."""
        (color,), (depth,), (alpha,) = _rasterize(self._gaussians, [camera])
        behind = (1 - alpha)[..., None] * color.new_tensor(background)
        return RenderResult(color + behind, depth, alpha)


def rasterize_views(
    gaussians: Gaussians, cameras: Sequence[Camera]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return V views of one size: colour on black (V, H, W, 3), depth and alpha (V, H, W).

    The Gaussians are on a CUDA device. Differentiable with respect to them. The 3x3 part of a view
    matrix may be any linear map: gsplat applies it to means and covariances. Raises
    MissingToolError if gsplat cannot run.
    """
    _prepare_gsplat()
    return _rasterize(gaussians, cameras)


def _rasterize(gaussians: Gaussians, cameras: Sequence[Camera]) -> tuple[Tensor, Tensor, Tensor]:
    from gsplat import rasterization

    means, first = gaussians.means, cameras[0].intrinsics
    with torch.cuda.device(means.device):
        rendered, alphas, _ = rasterization(
            means,
            gaussians.quats,
            gaussians.scales,
            gaussians.opacities,
            gaussians.colors,
            viewmats=_stacked([camera.viewmat for camera in cameras], means),
            Ks=_stacked([camera.intrinsics.matrix() for camera in cameras], means),
            width=first.width,
            height=first.height,
            near_plane=NEAR_M,
            eps2d=0.0,  # no blur: the model was trained without it
            packed=False,  # faster, if there is enough memory
            render_mode="RGB+ED",  # colour, and expected depth (divided by alpha)
            rasterize_mode="classic",
        )
    return rendered[..., :3], rendered[..., 3], alphas[..., 0]


def _stacked(matrices: Sequence[Matrix], like: Tensor) -> Tensor:
    return torch.from_numpy(np.stack(matrices)).to(like)


@functools.cache
def _prepare_gsplat() -> None:
    """Make gsplat compile or load its kernels, in one process at a time.

    Without the lock, gsplat deletes the build of another process that is still compiling.
    """
    if importlib.util.find_spec("gsplat") is None:
        raise MissingToolError(
            "the GPU renderer needs gsplat, which is not installed: pip install gsplat, or a wheel "
            f"with compiled kernels from {_WHEELS}; or choose the engine `cpu`"
        )
    from torch.utils.cpp_extension import get_default_build_root

    folder = Path(os.environ.get("TORCH_EXTENSIONS_DIR", get_default_build_root()))
    if importlib.util.find_spec("gsplat.csrc") is None:
        _log.info("gsplat compiles its CUDA kernels into %s; this takes some minutes once", folder)
    folder.mkdir(parents=True, exist_ok=True)
    one = torch.ones(1, 3, device="cuda")
    scene = Gaussians(one, torch.ones(1, 4, device="cuda"), one, one[:, 0], one)
    view = Camera(Intrinsics.of_photo(16.0, 16, 16), torch.eye(4, dtype=torch.float64).numpy())
    try:
        with FileLock(folder / "gsplat.sharp-batch.lock"):
            _rasterize(scene, [view])
            torch.cuda.synchronize()
    except Exception as error:
        raise MissingToolError(_build_advice(error)) from error


def _build_advice(error: Exception) -> str:
    """Return a message: why gsplat's kernels do not work, and what to install."""
    from torch.utils.cpp_extension import CUDA_HOME

    missing = [
        name
        for name, found in (
            (f"nvcc (the CUDA toolkit, {torch.version.cuda})", CUDA_HOME or shutil.which("nvcc")),
            ("a C++ compiler", shutil.which(os.environ.get("CXX", "c++"))),
            ("ninja", shutil.which("ninja")),
        )
        if not found
    ]
    what = (
        f"gsplat cannot compile its CUDA kernels without {', '.join(missing)}"
        if missing
        else f"gsplat's CUDA kernels do not work here ({type(error).__name__}: {error})"
    )
    return (
        f"{what}. Install what is missing, or a wheel with compiled kernels for PyTorch "
        f"{torch.__version__} from {_WHEELS}; or choose the engine `cpu`"
    )
