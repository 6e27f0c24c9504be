"""Size, loss and time of the levels of detail of scenes.

    python scripts/bench_levels.py [SPLAT...] [--fit]

Each line is a level, stored as a SOG: kB, PSNR of 1280 px renders against the whole scene from the
photo's camera and from 5 cm to both sides, CPU seconds. The first picture of an album is the quick
coarse level. `--fit` adds those of the gallery and of `export --kind sog-lod`, which are fitted to
views. Baseline in the same run, if it is installed: the decimation of
splat-transform from npm, which stores a SOG too.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from bench_formats import BASELINE
from bench_scenes import FOCAL_PX, SAMPLE, SIZE, network_scene
from bench_support import all_processor_seconds, option_parser, print_environment

from pipeline.scenes.level_sizes import COARSE_GAUSSIANS, MIDDLE_GAUSSIANS
from pipeline.scenes.levels import reduced_level, write_level
from sharp_core.budget.head_views import ASIDE_M
from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.cameras import (
    Camera,
    Intrinsics,
    eye_viewmat,
    fit_long_side,
    target_depth,
)
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between

_SIDE = 1280


def main() -> None:
    """Print all figures."""
    parser = option_parser(__doc__)
    parser.add_argument("splats", nargs="*", type=Path, help="default: a scene of a sample photo")
    parser.add_argument("--fit", action="store_true", help="also the fitted levels: minutes")
    options = parser.parse_args()
    print_environment()
    for name, scene, info in _scenes(options.splats):
        buffer = io.BytesIO()
        write_scene(buffer, scene, info, format_name="sog")
        print(f"\n{name}: {len(scene):,} Gaussians, {len(buffer.getvalue()) / 1e3:,.0f} kB as SOG")
        print(f"{'':34}{'Gaussians':>9}{'kB':>8}{'CPU s':>8}   dB here, aside")
        for most in (COARSE_GAUSSIANS, MIDDLE_GAUSSIANS):
            for is_quick in (True, False)[: 1 + options.fit]:
                _print_own(scene, info, most, is_quick=is_quick)
            if shutil.which(BASELINE):
                _print_baseline(scene, info, most)


def _scenes(splats: list[Path]) -> list[tuple[str, Gaussians, SceneInfo]]:
    if not splats:
        return [(SAMPLE.name, network_scene(SAMPLE), SceneInfo(FOCAL_PX, *SIZE))]
    stored = [(path.name, read_scene(path)) for path in splats]
    return [(name, one.gaussians, one.info) for name, one in stored if one.info is not None]


def _print_own(scene: Gaussians, info: SceneInfo, most: int, *, is_quick: bool) -> None:
    before = all_processor_seconds()
    level = reduced_level(scene, info, most, is_quick=is_quick)
    buffer = io.BytesIO()
    write_level(buffer, level, info)
    seconds = all_processor_seconds() - before
    found = read_scene(buffer, format_name="sog").gaussians
    name = "quick" if is_quick else "fitted"
    _print_line(name, len(buffer.getvalue()), seconds, scene, found, info)


def _print_baseline(scene: Gaussians, info: SceneInfo, most: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_scene(Path(folder) / "scene.ply", scene)
        command = [BASELINE, "-q", "-w", "-g", "cpu"]
        before = all_processor_seconds()
        # It writes what it has decimated as a PLY alone.
        for arguments in (
            ["scene.ply", "--decimate", str(most), "level.ply"],
            ["level.ply", "level.sog"],
        ):
            subprocess.run([*command, *arguments], cwd=folder, check=True)
        seconds = all_processor_seconds() - before
        path = Path(folder) / "level.sog"
        found = read_scene(path).gaussians
        _print_line(BASELINE, path.stat().st_size, seconds, scene, found, info)


def _print_line(
    name: str, size: int, seconds: float, scene: Gaussians, found: Gaussians, info: SceneInfo
) -> None:
    view = fit_long_side(Intrinsics.of_photo(info.focal_px, info.width, info.height), _SIDE)
    target = target_depth(scene)
    beside = [Camera(view, eye_viewmat((x, 0.0, 0.0), target)) for x in (-ASIDE_M, ASIDE_M)]
    levels = [
        psnr_between(scene, found, cameras) for cameras in ([Camera(view, np.eye(4))], beside)
    ]
    text = ", ".join(f"{level:.1f}" for level in levels)
    print(f"{name:34}{len(found):>9,}{size / 1e3:>8,.0f}{seconds:>8.1f}   {text}", flush=True)


if __name__ == "__main__":
    main()
