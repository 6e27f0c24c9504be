"""Predicted views against the second photo of stereo pairs: PSNR, SSIM, and the metric scale.

    python scripts/bench_stereo.py PAIR... [--checkout ../before --as prior]

A PAIR is a folder with left.jpg, right.jpg and calib.json (`f_px` of the pictures, `baseline_mm`),
or an MPO file of two pictures without calibration. The left picture is predicted through
`sharp-batch predict`; its scene is rendered from the right camera, with the scale, and without
calibration also the sideways shift of the picture, that give the best PSNR. `scale` is that scale:
by how much the scene is too small, so 1 is exact; without calibration it means nothing. The right
edge of the right picture, which the left one does not show, does not count. Rows are `small` of
this repository and, with --checkout, a model of another checkout.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from bench_support import option_parser
from checkouts import Variant, predict
from PIL import Image, ImageSequence

from sharp_core.evaluation.metrics.psnr import psnr
from sharp_core.evaluation.metrics.ssim import ssim
from sharp_core.formats.registry import read_scene
from sharp_core.render.api import Renderer, make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.stereo import view_aside

Pixels = npt.NDArray[np.uint8]
_UNSEEN = 0.08  # share of the width at the right edge
_SCALES = np.geomspace(0.25, 4.0, 25)
_FINE = np.geomspace(0.92, 1.08, 9)  # about the best of them
_USUAL_BASELINE_M = 0.063
_SHIFTS = np.linspace(-0.04, 0.04, 17)  # of the width, about that which aligns the pictures
_SMALL = (160, 120)  # at which that is searched


class Pair(NamedTuple):
    """Two pictures side by side."""

    name: str
    left: Image.Image
    right: Image.Image
    focal_share: float | None  # focal length over width; None: as `predict` finds it
    baseline_m: float | None


class Found(NamedTuple):
    """The best agreement."""

    psnr_db: float
    ssim: float
    scale: float


def main() -> None:
    options = parse_options()
    variants = [Variant("small")]
    if options.checkout is not None:
        variants.append(Variant(options.model, options.checkout))
    print("pair model | PSNR dB | SSIM | scale")
    sums: dict[str, list[Found]] = {}
    for pair in map(read_pair, options.pairs):
        for variant in variants:
            found = compare(pair, variant, options.side)
            sums.setdefault(variant.model, []).append(found)
            print_row(pair.name, variant.model, found, pair.baseline_m is not None)
    for model, all_found in sums.items():
        print_row("mean", model, Found(*np.mean(all_found, axis=0)), calibrated=False)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("--side", type=int, default=640, help="width at which views are compared")
    parser.add_argument("--checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--as", dest="model", default="prior", help="the model to use there")
    return parser.parse_args()


def read_pair(path: Path) -> Pair:
    """Read a folder with calibration, or an MPO."""
    if path.is_dir():
        calibration = json.loads((path / "calib.json").read_text())
        left, right = (Image.open(path / f"{eye}.jpg").convert("RGB") for eye in ("left", "right"))
        focal_share = calibration["f_px"] / calibration["width"]
        return Pair(path.name, left, right, focal_share, calibration["baseline_mm"] / 1000)
    with Image.open(path) as both:
        left, right = (frame.convert("RGB") for frame in ImageSequence.Iterator(both))
    return Pair(path.name, left, right, None, None)


def compare(pair: Pair, variant: Variant, width: int) -> Found:
    """Predict the left picture and search for the best agreement with the right one."""
    with tempfile.TemporaryDirectory() as folder:
        photo, splat = Path(folder) / "left.jpg", Path(folder) / "left.sog"
        # As a camera's photo with its focal length, which every version of `predict` reads.
        exif = Image.Exif()
        if pair.focal_share is not None:
            diagonal = np.hypot(1, pair.left.height / pair.left.width)
            exif.get_ifd(0x8769)[0xA405] = round(pair.focal_share / diagonal * 43.27)
        pair.left.save(photo, quality=97, exif=exif)
        predict(variant, photo, splat)
        scene = read_scene(splat)
    assert scene.info is not None
    # With the focal length that `predict` took: rays of the photo stay rays.
    return best_agreement(scene.gaussians, scene.info.focal_px, pair, width)


def best_agreement(gaussians: Gaussians, focal_px: float, pair: Pair, width: int) -> Found:
    """Search for the best agreement of a scene of the left picture with the right one."""
    height = round(pair.right.height * width / pair.right.width)
    view = Intrinsics.of_photo(focal_px, *pair.left.size).resized(width, height)
    target = np.asarray(pair.right.resize((width, height), Image.Resampling.BOX))
    renderer = make_renderer(gaussians, "cpu")
    if pair.baseline_m is not None:
        seen = slice(0, round(width * (1 - _UNSEEN)))
        return _best(_Search(renderer, view, pair.baseline_m, target, seen))
    start = aligning_shift(pair)
    left, right = max(start, 0.0), max(-start, 0.0)
    seen = slice(round(width * (left + _UNSEEN / 2)), round(width * (1 - right - _UNSEEN)))
    return _best_shifted(_Search(renderer, view, _USUAL_BASELINE_M, target, seen), start)


def _best(search: _Search) -> Found:
    coarse = search.best(_SCALES, (0.0,))
    return search.best(coarse.scale * _FINE, (0.0,))


def _best_shifted(search: _Search, start: float) -> Found:
    coarse = search.best(_SCALES[::2], (start + _SHIFTS[::2]).tolist())
    return search.best(coarse.scale * _FINE[::2], (start + _SHIFTS).tolist())


def aligning_shift(pair: Pair) -> float:
    """Return the sideways shift, in widths, at which two pictures agree best as they are."""
    left, right = (
        np.asarray(eye.convert("L").resize(_SMALL, Image.Resampling.BOX), np.float64)
        for eye in (pair.left, pair.right)
    )
    most = _SMALL[0] // 4
    middle = slice(most, -most)
    errors = {
        shift: np.mean((np.roll(left, shift, axis=1) - right)[:, middle] ** 2)
        for shift in range(-most, most + 1)
    }
    return min(errors, key=lambda shift: errors[shift]) / _SMALL[0]


class _Search(NamedTuple):
    """A scene, and the right picture that its views are compared with."""

    renderer: Renderer
    view: Intrinsics
    baseline_m: float
    target: Pixels
    seen: slice  # columns of the right picture that the left one shows

    def best(self, scales: Iterable[float], shifts: Sequence[float]) -> Found:
        """Return the agreement at the scale and shift, in widths, with the best PSNR."""
        wanted = self._seen(self.target)
        best: tuple[float, float, Pixels] | None = None
        for scale in scales:
            camera = view_aside(self.view, self.baseline_m / scale)
            for shift in shifts:
                moved = camera.intrinsics.magnified(1.0, -shift, 0.0)
                picture = self._seen(self.renderer.render(Camera(moved, camera.viewmat)).srgb8())
                agreement = psnr(picture, wanted)
                if best is None or agreement > best[0]:
                    best = agreement, float(scale), picture
        assert best is not None
        return Found(best[0], ssim(best[2], wanted), best[1])

    def _seen(self, picture: Pixels) -> Pixels:
        return np.ascontiguousarray(picture[:, self.seen])


def print_row(pair: str, model: str, found: Found, calibrated: bool) -> None:
    """Print one row."""
    scale = f"{found.scale:.2f}" if calibrated else "-"
    print(f"{pair:24} {model:6} | {found.psnr_db:6.2f} | {found.ssim:6.4f} | {scale}", flush=True)


if __name__ == "__main__":
    main()
