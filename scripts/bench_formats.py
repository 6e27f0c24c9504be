"""Size, speed and loss of the splat formats, on scenes like those of the published model.

    python scripts/bench_formats.py [PHOTO...] [--repeat 3]

Each scene has 1,179,648 Gaussians: the depth of `small` with corrections like those of a network.
PSNR compares renders with those of the unquantised scene: from the photo's camera,
from 5 cm beside it, and from the photo's camera with the same depth order, since another order
changes a render more than a good format does. Times are CPU seconds, then wall seconds, the minimum
of the repetitions. Baseline in the same run, if it is installed: splat-transform from npm.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from bench_scenes import FOCAL_PX, SAMPLE, SIZE, network_scene
from bench_support import all_processor_seconds, option_parser, print_environment

from sharp_core.formats.registry import Options, read_scene, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.spz.options import SpzOptions
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat, target_depth
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between

PHOTOS = [SAMPLE, SAMPLE.with_name("tanners_ridge.jpg"), SAMPLE.with_name("el torcal rocks.jpg")]
INFO = SceneInfo(FOCAL_PX, *SIZE)
ASIDE_M = 0.05
BASELINE = "splat-transform"
WAYS: list[tuple[str, str, Options | None]] = [
    ("PLY", "ply", None),
    ("SPZ 3", "spz", SpzOptions(3)),
    ("SPZ 4", "spz", SpzOptions(4)),
    ("splat", "splat", None),
    *((f"SOG {preset}", "sog", SogOptions(preset)) for preset in ("max", "high")),
    ("SOG default", "sog", SogOptions()),
    ("SOG small", "sog", SogOptions("small")),
]
BASELINES = [("SOG", "x.sog", ["-g", "cpu"]), ("SPZ 4", "x.spz", []), ("SPZ 3", "y.spz", [])]

Result = TypeVar("Result")


class Seconds(NamedTuple):
    """CPU and wall seconds."""

    processor: float
    wall: float

    def __str__(self) -> str:
        return f"{self.processor:5.2f} {self.wall:5.2f}"


def main() -> None:
    """Print all figures."""
    parser = option_parser(__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=PHOTOS)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print_environment()
    for photo in options.photos:
        scene = network_scene(photo)
        print(f"\n{photo.name}: {len(scene):,} Gaussians")
        print(f"{'':28}{'MB':>6}{'write s':>13}{'read s':>13}   dB here, aside, same order")
        for name, format_name, settings in WAYS:
            content, wrote = timed(options.repeat, encoder(scene, format_name, settings))
            found, read = timed(options.repeat, decoder(content, format_name))
            print_line(name, len(content), wrote, read, scene, found)
            print(f"{'':28}{errors(scene, found)}")
        if shutil.which(BASELINE):
            print_baselines(scene, options.repeat)


def encoder(scene: Gaussians, format_name: str, settings: Options | None) -> Callable[[], bytes]:
    """Return a function that writes the scene."""

    def write() -> bytes:
        file = io.BytesIO()
        write_scene(file, scene, INFO, format_name=format_name, options=settings)
        return file.getvalue()

    return write


def decoder(content: bytes, format_name: str) -> Callable[[], Gaussians]:
    """Return a function that reads the scene."""
    return lambda: read_scene(io.BytesIO(content), format_name=format_name).gaussians


def timed(repeat: int, work: Callable[[], Result]) -> tuple[Result, Seconds]:
    """Return the result and the minimum time of some runs, including child processes."""
    processors, walls = [], []
    for _ in range(repeat):
        processor, wall = all_processor_seconds(), time.perf_counter()
        result = work()
        processors.append(all_processor_seconds() - processor)
        walls.append(time.perf_counter() - wall)
    return result, Seconds(min(processors), min(walls))


def print_line(
    name: str, size: int, wrote: Seconds, read: Seconds, scene: Gaussians, found: Gaussians
) -> None:
    """Print size, times and PSNR."""
    seen = Intrinsics.of_photo(FOCAL_PX, *SIZE)
    aside = eye_viewmat((ASIDE_M, 0.0, 0.0), target_depth(scene))
    levels = [psnr_between(scene, found, [Camera(seen, view)]) for view in (np.eye(4), aside)]
    has_order = len(found) == len(scene) and float((found.means - scene.means).abs().mean()) < 0.1
    text = ", ".join(f"{level:.1f}" for level in levels)
    if has_order:
        same = psnr_between(scene, in_depth_order_of(found, scene), [Camera(seen, np.eye(4))])
        text += f", {same:.1f}"
    print(f"{name:28}{size / 1e6:6.2f}  {wrote}  {read}   {text}")


def in_depth_order_of(found: Gaussians, scene: Gaussians) -> Gaussians:
    """Return `found` with the depths of `scene`: the view from the photo's camera is the same."""
    ratio = (scene.means[:, 2] / found.means[:, 2])[:, None]
    ratio = torch.where((ratio > 0.5) & (ratio < 2), ratio, 1.0)
    return replace(found, means=found.means * ratio, scales=found.scales * ratio)


def errors(scene: Gaussians, found: Gaussians) -> str:
    """Return the 0.5 and 0.999 quantiles of the errors of visible Gaussians."""
    seen = found.opacities > 0
    z = scene.means[:, 2:].clamp_min(1e-6)
    across = (found.means[:, :2] / found.means[:, 2:] - scene.means[:, :2] / z).abs().amax(dim=1)
    named = {
        "across px": across * FOCAL_PX,
        "depth %": ((found.means[:, 2] - scene.means[:, 2]).abs() / z[:, 0]) * 100,
        "opacity /255": (found.opacities - scene.opacities).abs() * 255,
        "linear colour /255": (found.colors - scene.colors).abs().amax(dim=1) * 255,
    }
    texts = []
    for name, values in named.items():
        middle, most = np.quantile(values[seen].numpy(), (0.5, 0.999))
        texts.append(f"{name} {middle:.2g} {most:.2g}")
    return "; ".join(texts)


def baseline(folder: Path, arguments: list[str]) -> Callable[[], object]:
    """Return a function that runs the other program."""
    return lambda: subprocess.run([BASELINE, "-q", "-w", *arguments], cwd=folder, check=True)


def print_baselines(scene: Gaussians, repeat: int) -> None:
    """Print the same figures for files of another program, including its start-up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_scene(folder / "scene.ply", scene)
        for title, target, arguments in BASELINES:
            version = ["--spz-version", "3"] if target == "y.spz" else []
            write = [*arguments, *version, "scene.ply", target]
            _, wrote = timed(repeat, baseline(folder, write))
            _, read = timed(repeat, baseline(folder, [target, "null"]))
            found = read_scene(folder / target).gaussians
            size = (folder / target).stat().st_size
            print_line(f"{BASELINE} {title}", size, wrote, read, scene, found)


if __name__ == "__main__":
    main()
