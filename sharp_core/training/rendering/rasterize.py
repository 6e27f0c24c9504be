"""The differentiable rasteriser of the CPU: compiled projection and blending in tiles.

Float32 and float64 Gaussians are each rendered in their own precision; float64 equals the reference
engine to rounding. Images and gradients do not depend on the number of threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sharp_core.render.cpu.layout import pack_camera
from sharp_core.render.cpu.threads import ThreadTeam, equal_spans, even_spans
from sharp_core.render.rules import ALPHA_FLOOR
from sharp_core.scene.cameras import Camera
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.tile_blend import CHANNELS, blend_tiles, blend_tiles_backward
from sharp_core.training.rendering.tile_lists import DEPTH, FOOTPRINT, Lists, list_by_tiles
from sharp_core.training.rendering.tile_project import (
    Parameters,
    project_footprints,
    project_footprints_backward,
)

# List entries per share of tiles, and shares of Gaussians per thread: enough to balance the load.
_SHARE_ENTRIES = 1 << 12
_SHARES_PER_THREAD = 4


class View(NamedTuple):
    """One view on black, in the precision of the Gaussians."""

    color: Tensor  # (H, W, 3) linear RGB
    depth: Tensor  # (H, W) alpha-weighted mean depth, 0 where alpha is 0
    alpha: Tensor  # (H, W)


def rasterize(gaussians: Gaussians, camera: Camera, threads: int | None = None) -> View:
    """Render one view of Gaussians on the CPU; `threads` None means as many as PyTorch uses.

    Raises TypeError unless the Gaussians are float32 or float64.
    """
    dtype = gaussians.means.dtype
    if dtype not in (torch.float32, torch.float64):
        raise TypeError(f"Gaussians of {dtype}: the CPU rasteriser takes float32 or float64")
    image: Tensor = _Rasterize.apply(  # type: ignore[no-untyped-call]
        gaussians.means,
        gaussians.quats,
        gaussians.scales,
        gaussians.opacities,
        gaussians.colors,
        camera,
        threads or torch.get_num_threads(),
    )
    color, depth, alpha = image[..., :3], image[..., 3], image[..., 4]
    return View(color, depth / alpha.clamp_min(ALPHA_FLOOR), alpha)


class _Rasterize(torch.autograd.Function):
    """Gaussians to the image (H, W, CHANNELS). Gradients have no gradients in turn."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch has no public type for it
        *arguments: Any,  # noqa: ANN401 - the fields of Gaussians, the camera, the threads
    ) -> Tensor:
        """Return sums over the Gaussians of blending weights times colour, depth and 1.

        Saved for backward: the five parameters of the Gaussians, their footprints (N, FOOTPRINT),
        the four arrays of `Lists`, and two of each pixel (H, W): its final transmittance, and the
        number in its tile's list at which it became opaque.
        """
        *parameters, camera, threads = arguments
        gaussians = Parameters(*(_array(values) for values in parameters))
        real, count = gaussians.means.dtype, len(gaussians.means)
        width, height = camera.intrinsics.width, camera.intrinsics.height
        team, view = ThreadTeam(threads), pack_camera(camera, real)

        footprints, visible = np.empty((count, FOOTPRINT), real), np.empty(count, np.bool_)
        team.run(
            equal_spans(count, threads * _SHARES_PER_THREAD),
            lambda _, first, last: project_footprints(
                first, last, gaussians, view, footprints, visible
            ),
        )
        # Stable: Gaussians at the same depth stay in their order, as in the reference engine.
        order = torch.argsort(torch.from_numpy(footprints[:, DEPTH]), stable=True).numpy()
        lists = list_by_tiles(footprints, visible, order, width, height)

        image = np.empty((height, width, CHANNELS), real)
        transmittance, closed_at = (
            np.empty((height, width), real),
            np.empty((height, width), np.int32),
        )
        team.run(
            even_spans(lists.starts, (0, len(lists.starts) - 1), _SHARE_ENTRIES),
            lambda _, first, last: blend_tiles(
                first, last, lists, footprints, image, transmittance, closed_at
            ),
        )
        ctx.camera, ctx.threads = camera, threads
        arrays = (footprints, *lists, transmittance, closed_at)
        ctx.save_for_backward(*parameters, *(torch.from_numpy(array) for array in arrays))
        return torch.from_numpy(image)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """Return the gradients of the five parameters of the Gaussians."""
        arrays = [_array(saved) for saved in ctx.saved_tensors]
        gaussians, footprints = Parameters(*arrays[:5]), arrays[5]
        lists, transmittance, closed_at = Lists(*arrays[6:10]), arrays[10], arrays[11]
        team, view = ThreadTeam(ctx.threads), pack_camera(ctx.camera, footprints.dtype)
        image_gradient = _array(upstream)
        entry_gradients = np.empty((len(lists.entries), FOOTPRINT), footprints.dtype)
        team.run(
            even_spans(lists.starts, (0, len(lists.starts) - 1), _SHARE_ENTRIES),
            lambda _, first, last: blend_tiles_backward(
                first,
                last,
                lists,
                footprints,
                image_gradient,
                transmittance,
                closed_at,
                entry_gradients,
            ),
        )
        gradients = Parameters(*(np.zeros_like(values) for values in gaussians))
        team.run(
            equal_spans(len(footprints), ctx.threads * _SHARES_PER_THREAD),
            lambda _, first, last: project_footprints_backward(
                first, last, gaussians, view, lists, entry_gradients, gradients
            ),
        )
        return (*(torch.from_numpy(values) for values in gradients), None, None)


def _array(values: Tensor) -> Any:  # noqa: ANN401 - an array of any type, for compiled code
    return values.detach().contiguous().numpy()
