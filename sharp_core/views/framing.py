"""Choose the crop of a clip: the part of the image that the scene covers in every frame.

In: a renderer, the intrinsics of the photo and a camera path. Out: a crop window and a motion.
A scene ends at the border of its photo, so a camera beside the photo's sees past the border. The
crop hides the borders, with one zoom factor for the whole clip. If the crop would lose too much of
the image, the motion is reduced first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.choices import Trajectory
from sharp_core.render.api import Renderer
from sharp_core.render.result import RenderResult
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix, fit_long_side
from sharp_core.scene.gaussians import Gaussians, depth_quantiles
from sharp_core.views.trajectories import Motion, loop_path, motion_of, viewmats

Mask = npt.NDArray[np.bool_]

# Long side in pixels of the renders that measure coverage, and the alpha of a covered pixel. A
# full-frame scene is opaque except for the outermost pixel or two.
_COVERAGE_SIDE = 256
_COVERED_ALPHA = 0.95
# Samples of a trajectory, among which the outermost camera positions along each axis are chosen.
_PROBE_POSITIONS = 48
# Uncovered share that a side of the crop may cross: gaps inside the scene are not a border.
_MOST_UNCOVERED = 0.02
_MOST_LOST = 0.25  # of the width and the height, at each side of a centred crop
# Distance of the crop from uncovered pixels, in pixels of the low-resolution render.
_MARGIN = 1
# If more of a side is uncovered from the photo's own camera, the scene has no border to hide: it is
# an object in empty space, made by another tool.
_FULL_FRAME_UNCOVERED = 0.25

# A clip loses at most an eighth of its width and height; with more it would differ too much from
# the photo. Ordinary scenes need 9 to 12 %.
MOST_ZOOM = 8 / 7
_CORRECTIONS = 3  # ragged borders need the second and third

# Depth quantiles whose parallax is balanced: nearly the whole scene, without stray Gaussians.
_NEAR_QUANTILE, _FAR_QUANTILE = 0.02, 0.98


class CropWindow(NamedTuple):
    """A crop of 1 / zoom of each side. `left` and `top` are fractions of width and height."""

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def of(self, intrinsics: Intrinsics) -> Intrinsics:
        """Return the intrinsics of this crop at the same resolution."""
        return intrinsics.magnified(*self)


class ClipFraming(NamedTuple):
    """The motion of a clip and its crop."""

    motion: Motion
    crop: CropWindow


def frame_clip(
    renderer: Renderer,
    gaussians: Gaussians,
    photo: Intrinsics,
    trajectory: Trajectory,
) -> ClipFraming:
    """Return a motion and a crop with which every frame shows only what the scene covers.

    The path is that of the published tool, with a smaller amplitude if the crop would be too small.
    The camera looks at another depth than the published tool: see `balance_parallax`.
    """
    motion = balance_parallax(motion_of(gaussians, photo), gaussians)
    crop = _crop_of(renderer, photo, trajectory, motion)
    for _ in range(_CORRECTIONS):
        if crop.zoom <= MOST_ZOOM:
            break
        # The loss is nearly proportional to the amplitude.
        motion = motion.scaled((1 - 1 / MOST_ZOOM) / (1 - 1 / crop.zoom))
        crop = _crop_of(renderer, photo, trajectory, motion)
    return ClipFraming(motion, crop)


def balance_parallax(motion: Motion, gaussians: Gaussians) -> Motion:
    """Return the motion with a target depth at which near and far shift equally, in opposite ways.

    The published trajectories look at near objects, so that a far background shifts by the whole
    parallax. Balanced, near and far each shift by half of it: the parallax is the same, and the
    crop loses half as much of the image.
    """
    near, far = depth_quantiles(gaussians, (_NEAR_QUANTILE, _FAR_QUANTILE))
    return replace(motion, target_m=2 / (1 / near + 1 / far))


def covered_crop(renderer: Renderer, photo: Intrinsics, viewmats: Sequence[Matrix]) -> CropWindow:
    """Return the largest crop in the photo's aspect ratio that the scene covers in all views."""
    view = coverage_view(photo)
    if not is_full_frame(renderer.render(Camera(view, np.eye(4)))):
        return CropWindow()
    masks = [coverage_mask(renderer.render(Camera(view, viewmat))) for viewmat in viewmats]
    return _crop_within(np.logical_and.reduce(masks))


def coverage_view(photo: Intrinsics) -> Intrinsics:
    """Return the photo's view at the low resolution at which coverage is measured."""
    return fit_long_side(photo, _COVERAGE_SIDE)


def coverage_mask(result: RenderResult) -> Mask:
    """Return the pixels (H, W) that the scene covers."""
    return (result.alpha.detach() >= _COVERED_ALPHA).cpu().numpy()


def is_full_frame(front: RenderResult) -> bool:
    """Return whether the scene fills the view of its own photo, and so has a border to hide."""
    return max(_uncovered_sides(coverage_mask(front))) <= _FULL_FRAME_UNCOVERED


def centered_crop(masks: Sequence[Mask]) -> CropWindow:
    """Return the largest centred crop that is covered in all masks."""
    mask = np.logical_and.reduce(masks)
    height, width = mask.shape
    left, top, right, bottom = _covered_sides(mask)
    if (left, top, right, bottom) == (0, 0, width, height):
        return CropWindow()
    lost_x = (max(left, width - right) + _MARGIN) / width
    lost_y = (max(top, height - bottom) + _MARGIN) / height
    # A side may lie beyond the middle, and no centred crop is then covered: half is shown.
    lost = min(max(lost_x, lost_y), _MOST_LOST)
    return CropWindow(1 / (1 - 2 * lost), lost, lost)


def outermost_viewmats(trajectory: Trajectory, motion: Motion) -> list[Matrix]:
    """Return the viewmats of a camera where its path reaches farthest along each axis."""
    path = loop_path(trajectory, motion, _PROBE_POSITIONS)
    outermost = sorted({*path.argmin(axis=0).tolist(), *path.argmax(axis=0).tolist()})
    return viewmats(path[outermost], motion)


def _crop_of(
    renderer: Renderer, photo: Intrinsics, trajectory: Trajectory, motion: Motion
) -> CropWindow:
    return covered_crop(renderer, photo, outermost_viewmats(trajectory, motion))


def _covered_sides(mask: Mask) -> tuple[int, int, int, int]:
    """Move the least covered side inwards until all sides are covered.

    Returns left and top, and right and bottom, which are the first pixels outside the crop.
    """
    height, width = mask.shape
    left, top, right, bottom = 0, 0, width, height
    while min(right - left, bottom - top) > min(width, height) // 2:
        sides = _uncovered_sides(mask[top:bottom, left:right])
        worst = int(np.argmax(sides))
        if sides[worst] <= _MOST_UNCOVERED:
            break
        left, top = left + (worst == 0), top + (worst == 1)
        right, bottom = right - (worst == 2), bottom - (worst == 3)
    return left, top, right, bottom


def _crop_within(mask: Mask) -> CropWindow:
    """Return the largest crop of the mask's aspect ratio within its covered part."""
    height, width = mask.shape
    left, top, right, bottom = _covered_sides(mask)
    if (left, top, right, bottom) == (0, 0, width, height):
        return CropWindow()
    free_x, free_y = (left + _MARGIN) / width, (top + _MARGIN) / height
    share_x, share_y = (
        (right - _MARGIN) / width - free_x,
        (bottom - _MARGIN) / height - free_y,
    )
    share = min(share_x, share_y)
    # As close to the centre of the photo as possible.
    middle = (1 - share) / 2
    return CropWindow(
        1 / share,
        min(max(middle, free_x), free_x + share_x - share),
        min(max(middle, free_y), free_y + share_y - share),
    )


def _uncovered_sides(mask: Mask) -> tuple[float, float, float, float]:
    """Return the uncovered shares of the left, top, right and bottom side."""
    sides = (mask[:, 0], mask[0], mask[:, -1], mask[-1])
    left, top, right, bottom = (1 - float(side.mean()) for side in sides)
    return left, top, right, bottom
