"""How well near-duplicates are told from other photos of the same minute: precision and recall.

    python scripts/measure_groups.py --photos FOLDER [--limit 60] [--seed 0]

The labelled pairs are made of real photos, so that their truth is known. Each photo becomes a
scene; frames of a burst are views of it by a hand that is not steady, while what is near moves,
light and noise change: "alike". The photographer who turns to another part of the scene, so that
the pictures share a half or less, and the next subject: "different". Times are equal, so the
pictures alone decide.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from bench_support import option_parser, print_environment
from PIL import Image

from pipeline.context.groups.similar import MAX_DISTANCE
from pipeline.decode.fingerprint import fingerprint
from schemas.settings import ModelSettings
from sharp_core.models.interface import PredictorInput
from sharp_core.models.small.predictor import load
from sharp_core.render.api import make_renderer
from sharp_core.render.result import to_srgb8
from sharp_core.scene.cameras import Camera, Intrinsics
from sharp_core.scene.gaussians import Gaussians

LONG_SIDE = 480
ZOOM = 1.4  # views show a part of the photo, so that a moved one shows no hole


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print_environment()
    rng = np.random.default_rng(options.seed)
    files = sorted(p for p in options.photos.iterdir() if p.suffix.lower() in (".jpg", ".png"))
    chosen = [files[i] for i in sorted(rng.permutation(len(files))[: options.limit])]
    alike, different = distances(chosen, rng)
    print(f"{len(chosen)} photos, {len(alike)} pairs alike, {len(different)} pairs different")
    print("bits  recall  precision (as many pairs alike as different)")
    for limit in sorted({4, 8, 10, 12, 14, 16, 18, 20, 22, 24, MAX_DISTANCE}):
        recall, wrong = float(np.mean(alike <= limit)), float(np.mean(different <= limit))
        mark = "  <- in use" if limit == MAX_DISTANCE else ""
        print(f"{limit:4}  {recall:6.3f}  {recall / max(recall + wrong, 1e-9):9.3f}{mark}")


def distances(files: list[Path], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances in bits of pairs that are alike, and of pairs that are not."""
    alike: list[int] = []
    different: list[int] = []
    last: int | None = None
    for file in files:
        frames, turned = views_of(file, rng)
        alike += [apart(a, b) for a, b in itertools.pairwise(frames)]
        different += [apart(frames[0], other) for other in turned]
        if last is not None:
            different.append(apart(last, frames[0]))
        last = frames[-1]
    return np.array(alike), np.array(different)


def apart(one: int, other: int) -> int:
    """Return the number of bits that differ."""
    return (one ^ other).bit_count()


def views_of(file: Path, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Return the hashes of a burst's frames, and of views of other parts of the scene."""
    with Image.open(file) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    height, width = pixels.shape[:2]
    focal = 30.0 / 43.27 * float(np.hypot(height, width))
    (scene,) = load(ModelSettings(), "cpu", None).predict([PredictorInput(pixels, focal)])
    share = LONG_SIDE / max(height, width)
    size = (round(width * share), round(height * share))
    view = Intrinsics.of_photo(focal, width, height).resized(*size)
    middle = (1 - 1 / ZOOM) / 2
    frames = [
        hash_of(moved(scene, rng), view.magnified(ZOOM, middle, middle), rng, shaking=True)
        for _ in range(4)
    ]
    zoom = 2 * ZOOM
    corners = [(0.02, 0.1), (1 - 1 / zoom - 0.02, 0.4)]
    turned = [
        hash_of(scene, view.magnified(zoom, *corner), rng, shaking=False) for corner in corners
    ]
    return frames, turned


def moved(scene: Gaussians, rng: np.random.Generator) -> Gaussians:
    """Return the scene with its nearest third moved to the side, as people are between frames."""
    near = scene.means[:, 2] < scene.means[:, 2].quantile(1 / 3)
    means = scene.means.clone()
    share = rng.normal(0.0, 0.02)  # of the distance: one degree
    means[near, 0] += torch.tensor(share, dtype=means.dtype) * means[near, 2]
    return replace(scene, means=means)


def hash_of(scene: Gaussians, view: Intrinsics, rng: np.random.Generator, *, shaking: bool) -> int:
    """Render, expose, add noise, store as JPEG; return the hash of the picture."""
    viewmat = hand(rng) if shaking else np.eye(4)
    linear = make_renderer(scene).render(Camera(view, viewmat)).color_linear
    noise = rng.normal(0.0, 0.004, linear.shape).astype(np.float32)
    exposed = linear * float(np.exp2(rng.normal(0.0, 0.15))) + torch.from_numpy(noise)
    file = io.BytesIO()
    Image.fromarray(to_srgb8(exposed)).save(file, "JPEG", quality=85)
    return fingerprint(Image.open(file)).gradients


def hand(rng: np.random.Generator) -> np.ndarray:
    """Return the viewmat of a held camera: 1.5 cm and one degree off, in each direction."""
    x, y, z = np.radians(rng.normal(0.0, 1.0, 3))
    turn = np.eye(4)
    turn[:3, :3] = np.eye(3) + np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn[:3, :3] = np.linalg.qr(turn[:3, :3])[0] * np.sign(np.diag(np.linalg.qr(turn[:3, :3])[1]))
    turn[:3, 3] = rng.normal(0.0, 0.015, 3)
    return turn


if __name__ == "__main__":
    main()
