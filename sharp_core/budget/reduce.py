"""A scene -> the same scene with at most a given number of Gaussians, and what that loses in dB.

1. Visibility: the area that each Gaussian covers in views from the head box. What no view shows is
   left out.
2. Clusters: neighbours are grouped so that the views lose the least colour (`clusters`), or, for a
   quick result, little of it (`cells`).
3. Moments: each cluster becomes one Gaussian (`merge`).
4. Fit: a fixed number of steps makes the result look like the scene from the views (`fit`). A quick
   result does without.

Equal input gives equal output, with any number of threads. Time and memory depend on the number of
Gaussians and on the size of the views, which is fixed, not on the scene.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sharp_core.budget.head_views import ASIDE_M, cameras_at, head_box, head_views
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.scene.colors import linear_to_srgb
from sharp_core.scene.conventions import is_grid_count
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.prune import psnr_between
from sharp_core.views.trajectories import Motion
from sharp_core.views.visibility import visibility


class ViewSides(NamedTuple):
    """Long sides of views in pixels; a photo's own size is never exceeded."""

    visibility: int = 768  # of the predictor's grid
    fit: int = 1024
    measured: int = 1280  # as for pruning
    quick: int = 384  # of visibility, for a quick result


USUAL_SIDES = ViewSides()
# Area in pixels that counts where a Gaussian is hardly seen, so that no weight is zero.
_LEAST_AREA = 1e-4
# The eye and two opposite corners of the head box; of a 360° scene, a cube.
_QUICK_VIEWS, _QUICK_VIEWS_360 = 3, 6


class Reduced(NamedTuple):
    """A scene with fewer Gaussians, and the PSNR of its views against the whole scene."""

    gaussians: Gaussians
    eye_db: float  # from the photo's own camera
    aside_db: float  # from 5 cm to its left and right


def reduce_to(
    gaussians: Gaussians,
    photo: Intrinsics,
    most: int,
    *,
    is_360: bool = False,
    threads: int | None = None,
    sides: ViewSides = USUAL_SIDES,
) -> Reduced | None:
    """Return the scene with at most `most` Gaussians and what that loses, as `reduced_to` makes it.

    None if it has no more already. Raises as `reduced_to` does.
    """
    scene = gaussians.to("cpu")
    seen = reduced_to(scene, photo, most, is_360=is_360, threads=threads, sides=sides)
    if seen is None:
        return None
    view = fit_long_side(photo, sides.measured)
    return Reduced(seen, *_losses(scene, seen, view, head_box(scene, photo)))


def reduced_to(
    gaussians: Gaussians,
    photo: Intrinsics,
    most: int,
    *,
    is_360: bool = False,
    threads: int | None = None,
    sides: ViewSides = USUAL_SIDES,
    is_quick: bool = False,
) -> Gaussians | None:
    """Return the scene with at most `most` Gaussians, on the CPU; None if it has no more already.

    `photo` is the camera of the photo; of a 360° scene, that of the view to its front. `threads`
    None means as many as PyTorch uses. `is_quick` takes a sixth of the time, and looks worse by
    9 dB (measured on one scene). Raises ValueError if nothing is visible, and MissingToolError
    without numba.
    """
    if len(gaussians) <= most:
        return None
    scene = gaussians.to("cpu")
    box = head_box(scene, photo)
    side = sides.quick if is_quick else sides.visibility
    views = head_views(box, photo, side, is_360=is_360)
    if is_quick:
        views = views[: _QUICK_VIEWS_360 if is_360 else _QUICK_VIEWS]
    weights, is_seen = visibility(scene, views, "merging Gaussians")
    seen = scene.select(is_seen)
    # A scene of a size that writers take for a predictor's grid would be stored as one.
    target = most - 1 if is_grid_count(most) and most > 1 else most
    if len(seen) > target:
        areas = weights.total[is_seen].numpy() / len(views) + _LEAST_AREA
        seen = _merged(seen, areas, target, views[0], box, is_quick=is_quick)
        if not is_quick:
            from sharp_core.budget.fit import fit

            fitted_views = head_views(box, photo, sides.fit, is_360=is_360)
            seen = fit(seen, scene, fitted_views, threads)
    return seen


def _merged(
    gaussians: Gaussians,
    areas: np.ndarray,
    target: int,
    view: Camera,
    box: Motion,
    *,
    is_quick: bool,
) -> Gaussians:
    """Return `target` Gaussians, or somewhat fewer if `is_quick`.

    `areas` (N,) are in pixels of `view`.
    """
    from sharp_core.budget.cells import cells
    from sharp_core.budget.clusters import cluster
    from sharp_core.budget.merge import merge
    from sharp_core.budget.neighbors import view_space

    means = gaussians.means.double().numpy()
    focal_px = view.intrinsics.fx
    points = view_space(means, focal_px, box.lateral_m)
    srgb = linear_to_srgb(gaussians.colors).double().numpy()
    spacing_px = float(np.sqrt(areas.mean()))
    group = cells if is_quick else cluster
    clusters = group(points, areas, srgb, target, spacing_px)
    count = int(clusters.max()) + 1
    while is_grid_count(count):
        clusters = group(points, areas, srgb, count - 1, spacing_px)
        count = int(clusters.max()) + 1
    # A pixel off the axis covers a smaller angle, by the third power of the cosine.
    cosines = np.abs(means).max(axis=1) / np.linalg.norm(means, axis=1)
    return merge(gaussians, clusters, count, areas / focal_px**2 * cosines**3)


def _losses(
    scene: Gaussians, reduced: Gaussians, view: Intrinsics, box: Motion
) -> tuple[float, float]:
    eyes = np.array([[0.0, 0.0, 0.0], [-ASIDE_M, 0.0, 0.0], [ASIDE_M, 0.0, 0.0]])
    here, *beside = cameras_at(eyes, box, view)
    return psnr_between(scene, reduced, [here]), psnr_between(scene, reduced, beside)
