"""Size, loss and CPU seconds of SOG, by this repository and by another checkout of it.

    python scripts/bench_sog.py [PHOTO...] [--baseline CHECKOUT] [--repeat 5] [--smooth]

Scenes have 1,179,648 Gaussians: the depth of `small` with corrections like those of a network, or
with --smooth what `small` itself predicts. Each run is a process of its own that writes the scene
in every way, on one thread, after once to warm up; runs of both checkouts take turns. CPU seconds:
minimum, median, maximum, of quantising (on a GPU if one predicts), of compressing, and of both. dB
against the unquantised scene, from the photo's camera and from 5 cm beside it. splat-transform, if
it is installed, runs once, as a whole process.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench_formats import ASIDE_M, BASELINE, INFO, PHOTOS
from bench_scenes import FOCAL_PX, GRID, SIZE, cropped_picture, network_scene
from bench_support import ROOT, all_processor_seconds, option_parser, print_environment, spread
from checkouts import output_of

from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.predictor import SmallPredictor
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat, target_depth
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between

WAYS = ("default", "small", "high", "max")
# What is run in the checkout: writes a scene and prints the CPU seconds of both steps.
CODE = """
import io, sys, time
from pathlib import Path
import numpy as np, torch
from sharp_core.formats.scene import SceneInfo
from sharp_core.formats.sog.bundle import write_sog_planes
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.sog.write import prepare_sog
from sharp_core.scene.gaussians import Gaussians
torch.set_num_threads(1)
source, target, focal, width, height, *ways = sys.argv[1:]
info = SceneInfo(float(focal), int(width), int(height))
packed = Gaussians.from_array(np.load(source))
names = ("means", "quats", "scales", "opacities", "colors")
scene = Gaussians(*(getattr(packed, name).contiguous() for name in names))
for way in (ways[0], *ways):
    options = SogOptions(way, threads=1)
    started = time.process_time()
    planes = prepare_sog(scene, info, options)
    quantised = time.process_time()
    file = io.BytesIO()
    write_sog_planes(file, planes, info, options)
    ended = time.process_time()
    Path(f"{target}.{way}.sog").write_bytes(file.getvalue())
    print(quantised - started, ended - quantised)
"""


class Run(NamedTuple):
    """CPU seconds of writing a scene in one way."""

    quantise: float
    compress: float


def main() -> None:
    """Print all figures."""
    parser = option_parser(__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=PHOTOS)
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--smooth", action="store_true")
    options = parser.parse_args()
    print_environment()
    checkouts = {"this": ROOT}
    if options.baseline:
        checkouts["baseline"] = options.baseline.absolute()
    for photo in options.photos:
        scene = smooth_scene(photo) if options.smooth else network_scene(photo)
        print(f"\n{photo.name}: {len(scene):,} Gaussians")
        print(f"{'':26}{'MB':>7}{'quantise':>20}{'compress':>20}{'sum':>20}   dB here, aside")
        with tempfile.TemporaryDirectory() as folder:
            compare(scene, Path(folder), checkouts, options.repeat)


def smooth_scene(photo: Path) -> Gaussians:
    """Return the scene that `small` predicts."""
    picture = cropped_picture(photo)
    return SmallPredictor(cells=GRID).predict([PredictorInput(picture, FOCAL_PX)])[0]


def compare(scene: Gaussians, folder: Path, checkouts: dict[str, Path], repeat: int) -> None:
    """Print the lines of one scene."""
    np.save(folder / "scene.npy", scene.to_array())
    runs: dict[str, list[list[Run]]] = {name: [] for name in checkouts}
    for _ in range(repeat):
        for name, checkout in checkouts.items():
            runs[name].append(write(folder, name, checkout))
    for index, way in enumerate(WAYS):
        for name in checkouts:
            file = folder / f"{name}.{way}.sog"
            print_line(f"{way}, {name}", file, scene, [run[index] for run in runs[name]])
    if shutil.which(BASELINE):
        write_scene(folder / "scene.ply", scene)
        seconds = transform_seconds(folder)
        print_line(BASELINE, folder / "x.sog", scene, [Run(0.0, seconds)])


def write(folder: Path, name: str, checkout: Path) -> list[Run]:
    """Write the scene as NAME.WAY.sog by a checkout, in every way."""
    arguments = (folder / "scene.npy", folder / name, INFO.focal_px, *SIZE, *WAYS)
    lines = output_of(checkout, CODE, *map(str, arguments)).splitlines()
    return [Run(*map(float, line.split())) for line in lines[1:]]


def transform_seconds(folder: Path) -> float:
    """Return the CPU seconds of the other program, including its start."""
    before = all_processor_seconds()
    command = [BASELINE, "-q", "-w", "-g", "cpu", "scene.ply", "x.sog"]
    subprocess.run(command, cwd=folder, check=True)
    return all_processor_seconds() - before


def print_line(title: str, file: Path, scene: Gaussians, runs: list[Run]) -> None:
    found = read_scene(file).gaussians
    seen = Intrinsics.of_photo(FOCAL_PX, *SIZE)
    aside = eye_viewmat((ASIDE_M, 0.0, 0.0), target_depth(scene))
    levels = [psnr_between(scene, found, [Camera(seen, view)]) for view in (np.eye(4), aside)]
    columns = ([run.quantise for run in runs], [run.compress for run in runs], [*map(sum, runs)])
    times = "  ".join(f"{spread(column, 2):>18}" for column in columns)
    print(
        f"{title:26}{file.stat().st_size / 1e6:7.3f}  {times}   {levels[0]:.2f}, {levels[1]:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
