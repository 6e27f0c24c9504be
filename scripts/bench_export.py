"""Time of the exports of one scene, by stage and by kind.

    python scripts/bench_export.py SPLAT [--width 2048] [--cores 2] [--kinds spatial-heic sbs]

SPLAT is a scene with intrinsics of its photo, as `sharp-batch predict` writes it. A kind's time
excludes reading the scene and rendering both eyes.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from bench_support import option_parser, print_environment

from pipeline.exports.names import SAMPLE_RECORD
from pipeline.exports.registry import KINDS
from pipeline.exports.scene import ExportScene
from pipeline.store.store import Store
from schemas.export_settings import ExportSettings
from schemas.records import MediaType, PhotoFile, SceneFile
from sharp_core.formats.registry import format_of, read_scene


def main() -> None:
    """Print all figures."""
    options = parse_options()
    torch.set_num_threads(options.cores)
    print_environment()
    opened(options.splat, options.width, options.cores).eyes  # noqa: B018 - compiles the renderer
    total = 0.0
    scene = opened(options.splat, options.width, options.cores)
    stages: tuple[tuple[str, Callable[[], object]], ...] = (
        ("read the scene", lambda: scene.gaussians),
        ("prepare it", lambda: scene.renderer),
        ("plan the stereo", lambda: scene.stereo),
        ("render both eyes", lambda: scene.eyes),
    )
    for name, work in stages:
        total += print_time(name, work)
    for kind in options.kinds:
        file = io.BytesIO()
        seconds = print_time(kind, lambda kind=kind, file=file: KINDS.get(kind).write(file, scene))  # type: ignore[misc]
        print(f"{'':>20} {len(file.getvalue()) / 1e6:8.2f} MB; alone {total + seconds:.2f} s")


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("splat", type=Path)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=KINDS.names, default=list(KINDS.names))
    return parser.parse_args()


def opened(splat: Path, width: int, cores: int) -> ExportScene:
    """Return a scene of which only the camera is read."""
    info = read_scene(splat).info
    if info is None:
        raise SystemExit(f"{splat} does not say how its photo was taken")
    photo = PhotoFile("0" * 32, str(splat), 0, 0, MediaType.UNKNOWN)
    scene = SceneFile("0" * 32, photo, str(splat), info.width, info.height, info.focal_px)
    record = replace(SAMPLE_RECORD, paths=(), format=format_of(splat).name)
    settings = ExportSettings(KINDS.names, long_side=width)
    return ExportScene(scene, record, settings, Store(Path.cwd()), cores)


def print_time(name: str, work: Callable[[], object]) -> float:
    """Do the work once; print and return its seconds."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{name:>20} {seconds:8.2f} s")
    return seconds


if __name__ == "__main__":
    main()
