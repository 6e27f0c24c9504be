"""Time of a frame and of a clip, and the error of an engine against the reference engine.

    python scripts/bench_render.py [PHOTO] [--engine cpu|gpu] [--threads N] [--frames 20]

Makes a scene of 1,179,648 Gaussians from a photo, by default a bundled one, with synthetic depth: a
ground plane with hills, and objects in front of it. There are two kinds, since the cost depends on
coverage: plain base Gaussians (`plain`), and sizes, rotations and opacities with the spread of a
network's (`varied`). Baseline in the same run: the reference engine on a small scene.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from bench_scenes import FOCAL_SHARE, GRID, SAMPLE, SIZE, make_scene
from bench_support import option_parser, print_environment

from schemas.choices import Trajectory
from sharp_core.models.two_layer.ndc_to_metric import Shapes, covariances
from sharp_core.render.api import Engine, Renderer, make_renderer
from sharp_core.render.cpu.renderer import CpuRenderer
from sharp_core.render.rules import MIN_ALPHA, NEAR_M
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings, make_clip
from sharp_core.views.encode_clip import CLIP_FORMATS
from sharp_core.views.trajectories import loop_path, motion_of, viewmats


def main() -> None:
    """Print all figures."""
    options = parse_options()
    print_environment()
    print_first_call()
    photo = Intrinsics.of_photo(FOCAL_SHARE * SIZE[0], *SIZE)
    for kind in ("plain", "varied"):
        scene = make_scene(options.photo, GRID, varied=kind == "varied")
        if options.engine == "gpu":
            scene = scene.to("cuda")
        started = time.perf_counter()
        renderer = make_renderer(scene, options.engine, threads=options.threads)
        prepared = time.perf_counter() - started
        print(f"\n{kind}: {len(scene):,} Gaussians, prepared in {1000 * prepared:.0f} ms")
        for width in (SIZE[0], 960, 640):
            print_frame(renderer, scene, fit_long_side(photo, width), options.frames)
        print_clip(renderer, scene, photo)
    print_equality(options.photo, options.engine)


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("photo", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--engine", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--threads", type=int, help="of the CPU engine; default: all cores")
    parser.add_argument("--frames", type=int, default=20, help="repetitions a measurement")
    return parser.parse_args()


def print_frame(renderer: Renderer, scene: Gaussians, seen: Intrinsics, frames: int) -> None:
    """Print the cost of a frame, at a quarter of a trajectory."""
    motion = motion_of(scene, seen)
    (viewmat,) = viewmats(loop_path(Trajectory.ROTATE_FORWARD, motion, 4)[1:2], motion)
    camera = Camera(seen, viewmat)
    walls, processors, stages = [], [], []
    for _ in range(frames + 1):
        wall, processor = time.perf_counter(), time.process_time()
        renderer.render(camera)
        if scene.means.is_cuda:
            torch.cuda.synchronize()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
        if isinstance(renderer, CpuRenderer):
            stages.append(renderer.stage_seconds)
    print(
        f"{seen.width} x {seen.height}: least {1000 * min(walls):.1f} ms a frame, "
        f"median {1000 * float(np.median(walls)):.1f}; processor {1000 * min(processors):.0f} ms"
    )
    if stages:
        seconds = np.min(stages, axis=0)
        named = zip(stages[0]._fields, seconds / seconds.sum(), strict=True)
        shares = (f"{stage} {share:.0%}" for stage, share in named)
        pairs = blended_pairs(scene, camera)
        print(
            f"    {', '.join(shares)}; {pairs / 1e6:.0f} M Gaussian-pixels, "
            f"{1e9 * seconds.sum() / pairs:.2f} ns each, {1e9 * seconds[-1] / pairs:.2f} to blend"
        )


def blended_pairs(scene: Gaussians, camera: Camera) -> float:
    """Return the number of pixels with an alpha above the threshold, summed over Gaussians.

    Alpha is above MIN_ALPHA in an ellipse of 2 pi log(opacity / MIN_ALPHA) times the root
    of the covariance's determinant. Gaussians with their centre in the image are counted.
    """
    seen = camera.intrinsics
    viewmat = torch.from_numpy(camera.viewmat).float()
    rotation = viewmat[:3, :3]
    x, y, z = (scene.means @ rotation.T + viewmat[:3, 3]).unbind(dim=1)
    u, v = seen.fx * x / z + seen.cx, seen.fy * y / z + seen.cy
    inside = (z > NEAR_M) & (u > 0) & (u < seen.width) & (v > 0) & (v < seen.height)
    x, y, z = x[inside], y[inside], z[inside]
    zero = torch.zeros_like(z)
    rows = (seen.fx / z, zero, -seen.fx * x / z**2, zero, seen.fy / z, -seen.fy * y / z**2)
    jacobian = torch.stack(rows, dim=1).view(-1, 2, 3)
    to_picture = jacobian @ rotation
    shapes = covariances(Shapes(scene.quats[inside], scene.scales[inside]))
    determinants = torch.linalg.det(to_picture @ shapes @ to_picture.mT).clamp_min(0)
    levels = (scene.opacities[inside] / MIN_ALPHA).clamp_min(1).log()
    return float((2 * math.pi * levels * determinants.sqrt()).sum(dtype=torch.float64))


def print_clip(renderer: Renderer, scene: Gaussians, photo: Intrinsics) -> None:
    """Print the cost of the default clip, with framing and encoding."""
    wall, processor = time.perf_counter(), time.process_time()
    buffer = io.BytesIO()
    info = make_clip(buffer, CLIP_FORMATS[".mp4"], scene, photo, ClipSettings(), renderer)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"clip of {info.frames} frames, {info.width} x {info.height}: {wall:.2f} s, processor "
        f"{processor:.2f} s, {len(buffer.getvalue()) / 1e6:.2f} MB, "
        f"magnified by {info.zoom:.3f}; most memory so far {most_memory() / 1e9:.2f} GB"
    )


def most_memory() -> int:
    """Return the peak memory of this process in bytes, including the creation of scenes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def print_equality(path: Path, engine: Engine) -> None:
    """Print the error of the engine against the reference, and both times, on a coarse scene."""
    scene = make_scene(path, 64, varied=True)
    camera = Camera(Intrinsics.of_photo(FOCAL_SHARE * 160, 160, 120), np.eye(4))
    started = time.perf_counter()
    exact = make_renderer(scene, "torch").render(camera)
    exact_seconds = time.perf_counter() - started
    renderer = make_renderer(scene.to("cuda") if engine == "gpu" else scene, engine)
    renderer.render(camera)
    started = time.perf_counter()
    found = renderer.render(camera)
    seconds = time.perf_counter() - started
    error = (found.color_linear.cpu() - exact.color_linear).double().square().mean()
    depth = (found.depth.cpu() - exact.depth)[exact.alpha > 0.5].abs().max()
    print(
        f"\nequality, {len(scene):,} Gaussians at 160 x 120: {-10 * math.log10(error):.0f} dB, "
        f"depth within {float(depth):.1e} m; {1000 * seconds:.1f} ms, the exact one "
        f"{1000 * exact_seconds:.0f} ms"
    )


def print_first_call() -> None:
    """Print the compile time on a new machine, and the import time with a warm cache."""
    with tempfile.TemporaryDirectory() as cache:
        waits = []
        for module in (
            "torch, numba",
            "sharp_core.render.cpu.renderer",
            "sharp_core.render.cpu.renderer",
        ):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", f"import {module}"],
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
                check=True,
            )
            waits.append(time.perf_counter() - started)
    print(
        f"CPU engine in a new process: {waits[1]:.1f} s the first time on a machine, "
        f"{waits[2]:.1f} s later, of which its libraries take {waits[0]:.1f} s"
    )


if __name__ == "__main__":
    main()
