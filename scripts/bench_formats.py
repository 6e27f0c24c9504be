"""Size, speed and loss of the splat formats, on scenes like the published model's.

    python scripts/bench_formats.py [PHOTO...] [--repeat 3]

Each scene has 1,179,648 Gaussians: the depth of `prior` under corrections like a network's. PSNR is
that of the project's own renderer against the unquantised scene, from the photo's place, from 5 cm
aside, and from the photo's place with both sides sorted by the same depths: renderers that sort
otherwise differ by more than good formats do. Seconds are processor time, then wall time, the least
of the repetitions. Baseline in the same run, where it is installed: splat-transform from npm.
"""

from __future__ import annotations

import argparse
import io
import resource
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
from bench_environment import print_environment
from bench_scenes import FOCAL_PX, SAMPLE, SIZE, network_scene

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
    ("SOG default, fast", "sog", SogOptions(fast=True)),
    ("SOG small", "sog", SogOptions("small")),
]
BASELINES = [("SOG", "x.sog", ["-g", "cpu"]), ("SPZ 4", "x.spz", []), ("SPZ 3", "y.spz", [])]

Result = TypeVar("Result")


class Seconds(NamedTuple):
    """What something took."""

    processor: float
    wall: float

    def __str__(self) -> str:
        return f"{self.processor:5.2f} {self.wall:5.2f}"


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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
    """Return what writes the scene."""

    def write() -> bytes:
        file = io.BytesIO()
        write_scene(file, scene, INFO, format_name=format_name, options=settings)
        return file.getvalue()

    return write


def decoder(content: bytes, format_name: str) -> Callable[[], Gaussians]:
    """Return what reads the scene."""
    return lambda: read_scene(io.BytesIO(content), format_name=format_name).gaussians


def timed(repeat: int, work: Callable[[], Result]) -> tuple[Result, Seconds]:
    """Return the result and the least time of some repetitions, other processes' included."""
    processors, walls = [], []
    for _ in range(repeat):
        processor, wall = all_processor_seconds(), time.perf_counter()
        result = work()
        processors.append(all_processor_seconds() - processor)
        walls.append(time.perf_counter() - wall)
    return result, Seconds(min(processors), min(walls))


def all_processor_seconds() -> float:
    """Return processor time of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


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
    """Return `found` moved along its rays to the depths of `scene`: it looks the same from here."""
    ratio = (scene.means[:, 2] / found.means[:, 2])[:, None]
    ratio = torch.where((ratio > 0.5) & (ratio < 2), ratio, 1.0)
    return replace(found, means=found.means * ratio, scales=found.scales * ratio)


def errors(scene: Gaussians, found: Gaussians) -> str:
    """Return the errors that half, and all but a thousandth, of what can be seen stay below."""
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
    """Return what runs the other program."""
    return lambda: subprocess.run([BASELINE, "-q", "-w", *arguments], cwd=folder, check=True)


def print_baselines(scene: Gaussians, repeat: int) -> None:
    """Print the same figures for files that another program writes, its start-up included."""
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
