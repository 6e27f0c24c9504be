"""How right the metric scale of `small` is, by the rule that gave it.

    python scripts/measure_scale.py --textures ~/Photos --scenes 60 [--pairs PAIR...]

Truths are procedural scenes with exact depth (`sharp_core/training/procedural`; --textures is a
folder of photos, whose crops cover their surfaces) and calibrated stereo pairs (folders as
`bench_stereo.py` reads them). `factor` is true over predicted depth: the median over a scene, or
the scale at which the predicted right view of a pair agrees best with the real one. The last rows
tell for each rule the median factor, and how many factors are within 1.5 and 2, either way.

Photos whose own depth is in metres are measured by every run: their `depth_scale` in the catalog is
this factor.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench_stereo import best_agreement, read_pair
from bench_support import option_parser

from schemas.records import ScaleSource
from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.predictor import SmallPredictor
from sharp_core.scene.depth_scale import compare_depth
from sharp_core.training.procedural.generate import random_camera, random_place
from sharp_core.training.procedural.places import PLACES
from sharp_core.training.procedural.textures import textures_of
from sharp_core.training.procedural.tracer import render

_SEED = 2**31 + 7  # of scenes that no training draws
_SIDES = (384, 512)  # pixels, shorter and longer
_WIDTH = 480  # at which views of pairs are compared


class Measured(NamedTuple):
    """One picture's scale."""

    name: str
    source: ScaleSource
    factor: float


def main() -> None:
    options = parse_options()
    predictor = SmallPredictor()
    found = [*of_pairs(predictor, options.pairs), *of_scenes(predictor, options)]
    for source in ScaleSource:
        summarise(source, [m.factor for m in found if m.source is source])
    summarise("all", [m.factor for m in found])


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--textures", type=Path)
    parser.add_argument("--scenes", type=int, default=0)
    options = parser.parse_args()
    if options.scenes and options.textures is None:
        parser.error("--scenes need --textures: a folder of photos")
    return options


def of_pairs(predictor: SmallPredictor, pairs: list[Path]) -> Iterator[Measured]:
    """Measure stereo pairs."""
    for pair in map(read_pair, pairs):
        assert pair.focal_share is not None, f"{pair.name}: without calibration"
        pixels = np.asarray(pair.left)
        focal_px = pair.focal_share * pixels.shape[1]
        (scene,) = predictor.predict_with_scale([PredictorInput(pixels, focal_px)])
        agreement = best_agreement(scene.gaussians, focal_px, pair, _WIDTH)
        yield shown(Measured(pair.name, scene.scale_source, agreement.scale))


def of_scenes(predictor: SmallPredictor, options: argparse.Namespace) -> Iterator[Measured]:
    """Measure procedural scenes."""
    for number in range(options.scenes):
        rng = np.random.default_rng((_SEED, number))
        kind = list(PLACES)[number % len(PLACES)]
        place = random_place(rng, textures_of(options.textures), kind)
        height, width = rng.permutation(_SIDES)
        camera = random_camera(place, int(height), int(width), rng)
        picture = render(place.scene, camera)
        pixels = (picture.rgb * 255).round().astype(np.uint8)
        focal_px = float(camera.intrinsics[0, 0])
        (scene,) = predictor.predict_with_scale([PredictorInput(pixels, focal_px)])
        factor = compare_depth(scene.gaussians, picture.depth).factor
        yield shown(Measured(f"{kind} {number}", scene.scale_source, factor))


def shown(measured: Measured) -> Measured:
    """Print one row, and return it."""
    print(f"{measured.name:24} {measured.source:8} {measured.factor:6.2f}", flush=True)
    return measured


def summarise(name: str, factors: list[float]) -> None:
    """Print how right a rule is."""
    if not factors:
        return
    away = np.exp(np.abs(np.log(factors)))
    print(
        f"{name:8} of {len(factors):3}: median factor {np.median(factors):.2f}, "
        f"within 1.5: {np.mean(away <= 1.5):.0%}, within 2: {np.mean(away <= 2):.0%}"
    )


if __name__ == "__main__":
    main()
