"""Time of a differentiable render, forward and backward, against a plain torch rasteriser.

    python scripts/bench_train_render.py [PHOTO] [--grid 256] [--size 256] [--repeat 5]

Makes a scene of two layers of GRID x GRID Gaussians from a photo, by default a bundled one, and
renders it at SIZE x SIZE. Both rasterisers give colour, depth and alpha, whose weighted sum is
differentiated with respect to all parameters of the Gaussians. Prints times, their ratio, and how
much values and gradients differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from bench_scenes import FOCAL_SHARE, SAMPLE, make_scene
from bench_support import best_of, option_parser, print_environment
from torch import Tensor

from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.rasterize import rasterize
from tests.support.list_rasterizer import rasterize_lists

_Rasterizer = Callable[[Gaussians, Camera], tuple[Tensor, Tensor, Tensor]]


def main() -> None:
    """Print all figures."""
    options = parse_options()
    print_environment()
    scene = make_scene(options.photo, options.grid, varied=True)
    size = options.size
    camera = Camera(Intrinsics.of_photo(FOCAL_SHARE * size, size, size), np.eye(4))
    camera.viewmat[0, 3] = -0.05
    print(f"{len(scene):,} Gaussians at {size} x {size}, {torch.get_num_threads()} threads")
    seconds, results = {}, {}
    engines: dict[str, tuple[_Rasterizer, int]] = {
        "compiled": (rasterize, options.repeat),
        "lists in torch": (rasterize_lists, min(2, options.repeat)),
    }
    for name, (engine, repeat) in engines.items():
        with torch.no_grad():
            forward = best_of(repeat, functools.partial(engine, scene, camera), warm_up=1)
        both = best_of(repeat, functools.partial(gradients, engine, scene, camera))
        results[name] = gradients(engine, scene, camera)
        seconds[name] = both.wall
        print(
            f"{name}: forward {1000 * forward.wall:.0f} ms, with backward {1000 * both.wall:.0f} "
            f"(processor {1000 * both.cpu:.0f})"
        )
    print(f"ratio: {seconds['lists in torch'] / seconds['compiled']:.1f}")
    for name, ours, theirs in zip(
        ("planes", "means", "quats", "scales", "opacities", "colors"),
        *results.values(),
        strict=True,
    ):
        error = (ours - theirs).norm() / theirs.norm()
        print(f"{name}: relative difference {float(error):.1e}")


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("photo", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--grid", type=int, default=256, help="Gaussians along a side of a layer")
    parser.add_argument("--size", type=int, default=256, help="of the image, in pixels")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions a measurement")
    return parser.parse_args()


def gradients(engine: _Rasterizer, scene: Gaussians, camera: Camera) -> list[Tensor]:
    """Return the planes, and the gradients of their weighted sum with respect to the scene."""
    fields = dataclasses.fields(scene)
    leaves = [getattr(scene, field.name).clone().requires_grad_() for field in fields]
    color, depth, alpha = engine(Gaussians(*leaves), camera)
    planes = torch.cat((color, depth[..., None], alpha[..., None]), dim=-1)
    weights = torch.rand(planes.shape, generator=torch.Generator().manual_seed(0))
    return [planes.detach(), *torch.autograd.grad((planes * weights).sum(), leaves)]


if __name__ == "__main__":
    main()
