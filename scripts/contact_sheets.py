"""Contact sheets of predicted scenes: see at a glance what a model gets wrong.

    python scripts/contact_sheets.py ~/Photos/*.jpg --to sheets
    python scripts/contact_sheets.py ~/Photos/*.jpg --to sheets --checkout ../before --as prior

One JPEG a photo. Its rows are `small` of this repository and, with --checkout, a model of another
checkout; its columns are the photo, the depth seen from it, the views from the left and the right
end of a preview, and the view from the right with disocclusions marked: yellow shows the hidden
layer, red shows nothing at all.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench_support import option_parser
from checkouts import Variant, predict
from PIL import Image, ImageDraw

from sharp_core.formats.registry import read_scene
from sharp_core.formats.scene import StoredScene
from sharp_core.render.api import make_renderer
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import depth_colors
from sharp_core.views.stereo import view_aside
from sharp_core.views.trajectories import motion_of

Pixels = npt.NDArray[np.uint8]
_COVERED = 0.5  # alpha below which a pixel counts as not covered
_HIDDEN_LAYER, _NOTHING = (255, 220, 0), (255, 0, 0)


def main() -> None:
    options = parse_options()
    options.to.mkdir(parents=True, exist_ok=True)
    variants = [Variant("small")]
    if options.checkout is not None:
        variants.append(Variant(options.model, options.checkout))
    for photo in options.photos:
        sheet = options.to / f"{photo.stem}.jpg"
        try:
            rows = [row(photo, scene_of(photo, v, options.to), options.side) for v in variants]
        except subprocess.CalledProcessError as error:
            print(f"{photo}: {error.stderr.strip().splitlines()[-1]}")
            continue
        Image.fromarray(np.concatenate(rows)).save(sheet, quality=92)
        print(sheet)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--to", type=Path, required=True, help="folder of the sheets")
    parser.add_argument("--side", type=int, default=480, help="longest side of a picture")
    parser.add_argument("--checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--as", dest="model", default="prior", help="the model to use there")
    return parser.parse_args()


def scene_of(photo: Path, variant: Variant, folder: Path) -> StoredScene:
    """Predict a photo into a splat file, which is kept for another checkout, and read it."""
    splat = folder / f"{photo.stem}.{variant.model}.sog"
    if variant.model == "small" or not splat.exists():
        predict(variant, photo, splat)
    return read_scene(splat)


def row(photo: Path, scene: StoredScene, side: int) -> Pixels:
    """Return the pictures of a scene, side by side."""
    assert scene.info is not None
    whole = Intrinsics.of_photo(scene.info.focal_px, scene.info.width, scene.info.height)
    view = fit_long_side(whole, side)
    step_m = motion_of(scene.gaussians, whole).lateral_m
    target_m = motion_of(scene.gaussians, whole).target_m
    renderer = make_renderer(scene.gaussians, "cpu")
    front = renderer.render(Camera(view, np.eye(4)))
    depth, _ = depth_colors(front, 3 * float(np.median(front.depth.numpy())))
    left, right = (view_aside(view, x_m, target_m) for x_m in (-step_m, step_m))
    seen = renderer.render(right)
    marked = mark_disocclusions(scene.gaussians, right, seen.srgb8(), seen.alpha.numpy())
    pictures = [front.srgb8(), depth, renderer.render(left).srgb8(), seen.srgb8(), marked]
    return labelled(np.concatenate(pictures, axis=1), photo.stem, np.median(front.depth.numpy()))


def mark_disocclusions(
    gaussians: Gaussians, camera: Camera, picture: Pixels, alpha: npt.NDArray[np.float32]
) -> Pixels:
    """Colour what the visible layer, the first half of the Gaussians, does not cover."""
    visible = make_renderer(gaussians.select(slice(0, len(gaussians) // 2)), "cpu").render(camera)
    marked = picture.copy()
    behind = visible.alpha.numpy() < _COVERED
    marked[behind] = picture[behind] // 2 + np.array(_HIDDEN_LAYER, np.uint8) // 2
    marked[alpha < _COVERED] = _NOTHING
    return marked


def labelled(picture: Pixels, name: str, median_m: float) -> Pixels:
    """Write the photo's name and the median depth into the corner."""
    image = Image.fromarray(picture)
    text = f"{name}  median {median_m:.2f} m"
    ImageDraw.Draw(image).text((4, 4), text, fill="white", stroke_width=2, stroke_fill="black")
    return np.asarray(image)


if __name__ == "__main__":
    main()
