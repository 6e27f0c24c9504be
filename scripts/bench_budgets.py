"""What fewer Gaussians cost: merged by sharp-batch, left out, and decimated by splat-transform.

    python scripts/bench_budgets.py [SPLAT...] [--budgets 50000 200000 500000] [--cells 256]

Each SPLAT is a scene of `small` or `sharp` with its photo's camera, as `sharp-batch predict` writes
it; without one, the sample photo becomes a scene of `small`. --cells takes the central square of so
many cells of the scene's grid, and the same share of views and budgets: the same density, in less
time. PSNR compares views of the reduced scene with those of the whole one, from the photo's camera
and from 5 cm to its sides, at 1280 px. MB are of a SOG of the default quality. Seconds are CPU and
wall time of the reduction; the last line is the memory of the whole program at its peak. Ways:

    merged      sharp-batch: `convert --max-gaussians`
    opacity     the largest products of opacity and area are kept
    seen        those that cover the largest area in views from the head box are kept
    decimate    splat-transform --decimate, and --decimate-adaptive, where npm's
                @playcanvas/splat-transform is on the PATH
"""

from __future__ import annotations

import io
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from bench_support import ROOT, all_processor_seconds, option_parser, print_environment

from sharp_core.budget.head_views import ASIDE_M, cameras_at, head_box, head_views
from sharp_core.budget.reduce import USUAL_SIDES, ViewSides, reduce_to
from sharp_core.formats.registry import read_scene, write_scene
from sharp_core.formats.scene import SceneInfo
from sharp_core.render.cpu.weights import blend_weights
from sharp_core.scene.cameras import Intrinsics, fit_long_side
from sharp_core.scene.conventions import LAYERS, is_grid_count
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between

SAMPLE = ROOT / "pipeline" / "sample_photos" / "mongolels.jpg"
BASELINE = "splat-transform"


class Case(NamedTuple):
    """A scene, or its central part, and the share of the views' width that this part is."""

    gaussians: Gaussians
    info: SceneInfo
    share: float

    @property
    def sides(self) -> ViewSides:
        """Sizes of the views, so that the part has the pixels that it has in views of the whole."""
        return ViewSides(*(round(self.share * side) for side in USUAL_SIDES))

    @property
    def photo(self) -> Intrinsics:
        return Intrinsics.of_photo(self.info.focal_px, self.info.width, self.info.height)


Way = Callable[[Case, int], Gaussians]


class Row(NamedTuple):
    """A reduced scene, and what it took."""

    name: str
    gaussians: Gaussians
    cpu_s: float
    wall_s: float


def main() -> None:
    """Print all figures."""
    parser = option_parser(__doc__)
    parser.add_argument("splats", nargs="*", type=Path)
    parser.add_argument("--budgets", nargs="+", type=int, default=[50_000, 200_000, 500_000])
    parser.add_argument("--cells", type=int)
    parser.add_argument("--only", nargs="+", help="the ways to compare; default: all")
    options = parser.parse_args()
    print_environment()
    with tempfile.TemporaryDirectory() as folder:
        splats = options.splats or [sample_scene(Path(folder))]
        for splat in splats:
            case = central(splat, options.cells)
            print(f"\n{splat.name}: {len(case.gaussians):,} Gaussians")
            print(
                f"{'budget':>8}  {'way':18}{'count':>9}{'MB':>7}   dB here, aside   CPU s  wall s"
            )
            for budget in options.budgets:
                most = round(budget * case.share**2)
                for row in reductions(case, most, Path(folder), options.only):
                    print(f"{budget:8,}  {described(case, row)}", flush=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmemory at its peak: {peak_mb:,.0f} MB")


def sample_scene(folder: Path) -> Path:
    """Return the scene of the sample photo."""
    path = folder / "sample.ply"
    command = [sys.executable, "-m", "jobs", "predict", str(SAMPLE), "-o", str(path), "-q"]
    subprocess.run([*command, "--model", "small"], check=True, cwd=ROOT)
    return path


def central(splat: Path, cells: int | None) -> Case:
    """Return a scene, or the central square of its grid."""
    stored = read_scene(splat)
    if stored.info is None:
        raise SystemExit(f"{splat} does not say where its photo was taken from")
    count, info = len(stored.gaussians), stored.info
    if cells is None:
        return Case(stored.gaussians, info, 1.0)
    if not is_grid_count(count):
        raise SystemExit(f"{splat}: --cells is for the grid of a predictor")
    side = round((count / LAYERS) ** 0.5)
    share, first = cells / side, (side - cells) // 2
    places = np.arange(count).reshape(LAYERS, side, side)
    inner = places[:, first : first + cells, first : first + cells].ravel()
    part = SceneInfo(info.focal_px, round(info.width * share), round(info.height * share))
    return Case(stored.gaussians.select(torch.from_numpy(inner)), part, share)


def reductions(case: Case, most: int, folder: Path, only: list[str] | None) -> Iterator[Row]:
    """Yield the scene in at most `most` Gaussians, in each of the ways that are here."""
    ways: dict[str, Way] = {"merged": merged, "opacity": by_opacity, "seen": by_area}
    for name, way in ways.items():
        if only is None or name in only:
            yield measured(name, case, most, way)
    if shutil.which(BASELINE) is None:
        print(f"{'':10}{BASELINE} is not installed: npm install -g @playcanvas/splat-transform")
        return
    for name in ("decimate", "decimate-adaptive"):
        if only is None or name in only:
            yield by_splat_transform(name, case, most, folder)


def merged(case: Case, most: int) -> Gaussians:
    found = reduce_to(case.gaussians, case.photo, most, sides=case.sides)
    return case.gaussians if found is None else found.gaussians


def by_opacity(case: Case, most: int) -> Gaussians:
    area = case.gaussians.scales.sort(dim=1).values[:, 1:].prod(dim=1)
    kept = (area * case.gaussians.opacities).topk(min(most, len(area))).indices
    return case.gaussians.select(kept.sort().values)


def by_area(case: Case, most: int) -> Gaussians:
    box = head_box(case.gaussians, case.photo)
    views = head_views(box, case.photo, case.sides.visibility, is_360=False)
    total = blend_weights(case.gaussians, views).total
    return case.gaussians.select(total.topk(min(most, len(total))).indices.sort().values)


def measured(name: str, case: Case, most: int, way: Way) -> Row:
    """Reduce the scene, and take the time."""
    started, cpu = time.perf_counter(), time.process_time()
    found = way(case, most)
    return Row(name, found, time.process_time() - cpu, time.perf_counter() - started)


def by_splat_transform(name: str, case: Case, most: int, folder: Path) -> Row:
    """Reduce the scene by the other program, reading and writing PLY files."""
    source, to = folder / "whole.ply", folder / "less.ply"
    write_scene(source, case.gaussians, case.info)
    command = [BASELINE, "-q", "-w", "-g", "cpu", str(source), f"--{name}", str(most), str(to)]
    started, before = time.perf_counter(), all_processor_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall_s, cpu_s = time.perf_counter() - started, all_processor_seconds() - before
    return Row(name, read_scene(to).gaussians, cpu_s, wall_s)


def described(case: Case, row: Row) -> str:
    """Return a line of the table."""
    buffer = io.BytesIO()
    write_scene(buffer, row.gaussians, case.info, format_name="sog")
    view = fit_long_side(case.photo, case.sides.measured)
    eyes = np.array([[0.0, 0.0, 0.0], [-ASIDE_M, 0.0, 0.0], [ASIDE_M, 0.0, 0.0]])
    here, *beside = cameras_at(eyes, head_box(case.gaussians, case.photo), view)
    decibels = (psnr_between(case.gaussians, row.gaussians, views) for views in ([here], beside))
    return (
        f"{row.name:18}{len(row.gaussians):9,}{len(buffer.getvalue()) / 1e6:7.2f}   "
        f"{'  '.join(f'{value:6.2f}' for value in decibels)}  {row.cpu_s:6.1f}  {row.wall_s:6.1f}"
    )


if __name__ == "__main__":
    main()
