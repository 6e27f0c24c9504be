"""What part of the picture a moving eye may show: the part that the scene covers in every frame.

A scene ends where its photo ended, so an eye aside sees past the border. Here the picture is
magnified until the borders are out of sight, by one factor for a whole clip, and where that would
cost too much of the picture, the motion is made smaller first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sharp_core.render.api import Renderer
from sharp_core.render.result import RenderResult
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix, fit_long_side
from sharp_core.scene.gaussians import Gaussians, depth_quantiles
from sharp_core.views.trajectories import Motion, Trajectory, loop_eyes, motion_of, viewmats

Mask = npt.NDArray[np.bool_]

# Frames are measured in this size, each pixel being covered where its alpha says so. A full-frame
# scene is opaque but for the outermost pixel or two.
_MEASURED_SIDE = 256
_COVERED_ALPHA = 0.95
# Eyes of a trajectory among which those that are farthest out along an axis are found.
_MEASURED_EYES = 48
# A side of the window may cross as much that is not covered: gaps within the scene are no border.
_MOST_UNCOVERED = 0.02
# The window keeps this far from what is not covered, in measured pixels.
_MARGIN = 1
# A scene that leaves open as much of the border of its own photo has no border to hide: a thing in
# empty space, as other tools make them.
_FULL_FRAME_UNCOVERED = 0.25

# A clip loses at most an eighth of its width and height; beyond, it shows another picture than the
# photo. Ordinary scenes need 9 to 12 %.
MOST_ZOOM = 8 / 7
_CORRECTIONS = 3  # the second and third only where the scene has ragged borders

# The depths whose shifts a clip balances: nearly all of the scene, without stray Gaussians.
_NEAR_QUANTILE, _FAR_QUANTILE = 0.02, 0.98


class Window(NamedTuple):
    """The part of a picture that is shown, 1 / zoom of each side, beginning at left and top."""

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def of(self, intrinsics: Intrinsics) -> Intrinsics:
        """Return intrinsics that show this part in as many pixels."""
        return intrinsics.magnified(*self)


class Framing(NamedTuple):
    """How a clip moves, and what part of the picture it shows."""

    motion: Motion
    window: Window


def frame_clip(
    renderer: Renderer,
    gaussians: Gaussians,
    photo: Intrinsics,
    trajectory: Trajectory,
) -> Framing:
    """Return the motion and the window of a clip that nowhere shows more than the scene covers.

    The eyes are those of the published tool, unless the window would be too small. They look at
    another depth: see `balanced`.
    """
    motion = balanced(motion_of(gaussians, photo), gaussians)
    window = _window_of(renderer, photo, trajectory, motion)
    for _ in range(_CORRECTIONS):
        if window.zoom <= MOST_ZOOM:
            break
        # What is lost grows with the amplitude, nearly in proportion.
        motion = motion.scaled((1 - 1 / MOST_ZOOM) / (1 - 1 / window.zoom))
        window = _window_of(renderer, photo, trajectory, motion)
    return Framing(motion, window)


def balanced(motion: Motion, gaussians: Gaussians) -> Motion:
    """Return the motion, looking where near and far things shift equally and in opposite ways.

    The published trajectories look at near things, so that a far background moves to one side by
    all of the parallax. Balanced, half of it moves to either side: the parallax is the same, and
    half as much of the picture runs out of the scene.
    """
    near, far = depth_quantiles(gaussians, (_NEAR_QUANTILE, _FAR_QUANTILE))
    return replace(motion, target_m=2 / (1 / near + 1 / far))


def covered_window(renderer: Renderer, photo: Intrinsics, viewmats: Sequence[Matrix]) -> Window:
    """Return the largest window in the photo's shape that the scene covers in all views."""
    seen = measured_view(photo)
    if not is_full_frame(renderer.render(Camera(seen, np.eye(4)))):
        return Window()
    masks = [covered(renderer.render(Camera(seen, viewmat))) for viewmat in viewmats]
    return _window_within(np.logical_and.reduce(masks))


def measured_view(photo: Intrinsics) -> Intrinsics:
    """Return the photo's view in the few pixels in which frames are measured."""
    return fit_long_side(photo, _MEASURED_SIDE)


def covered(result: RenderResult) -> Mask:
    """Return where a view shows the scene, (H, W)."""
    return (result.alpha.detach() >= _COVERED_ALPHA).cpu().numpy()


def is_full_frame(front: RenderResult) -> bool:
    """Tell whether a scene fills the view of its own photo, so that it has a border to hide."""
    return max(_uncovered_sides(covered(front))) <= _FULL_FRAME_UNCOVERED


def centred_window(masks: Sequence[Mask]) -> Window:
    """Return the largest window around the middle that is covered in all masks."""
    mask = np.logical_and.reduce(masks)
    height, width = mask.shape
    left, top, right, bottom = _largest_sides(mask)
    if (left, top, right, bottom) == (0, 0, width, height):
        return Window()
    lost_x = (max(left, width - right) + _MARGIN) / width
    lost_y = (max(top, height - bottom) + _MARGIN) / height
    lost = max(lost_x, lost_y)
    return Window(1 / (1 - 2 * lost), lost, lost)


def _window_of(
    renderer: Renderer, photo: Intrinsics, trajectory: Trajectory, motion: Motion
) -> Window:
    eyes = loop_eyes(trajectory, motion, _MEASURED_EYES)
    outermost = sorted({*eyes.argmin(axis=0).tolist(), *eyes.argmax(axis=0).tolist()})
    return covered_window(renderer, photo, viewmats(eyes[outermost], motion))


def _largest_sides(mask: Mask) -> tuple[int, int, int, int]:
    """Move the side that is covered least inwards until all are covered.

    Returns left, top, and right and bottom, which are the first pixels outside.
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


def _window_within(mask: Mask) -> Window:
    """Return the window in the mask's shape that lies within its largest covered part."""
    height, width = mask.shape
    left, top, right, bottom = _largest_sides(mask)
    if (left, top, right, bottom) == (0, 0, width, height):
        return Window()
    free_x, free_y = (left + _MARGIN) / width, (top + _MARGIN) / height
    share_x, share_y = (
        (right - _MARGIN) / width - free_x,
        (bottom - _MARGIN) / height - free_y,
    )
    share = min(share_x, share_y)
    # As near to the middle of the photo as it can lie.
    middle = (1 - share) / 2
    return Window(
        1 / share,
        min(max(middle, free_x), free_x + share_x - share),
        min(max(middle, free_y), free_y + share_y - share),
    )


def _uncovered_sides(mask: Mask) -> tuple[float, float, float, float]:
    """Return the shares of the left, top, right and bottom side that are not covered."""
    sides = (mask[:, 0], mask[0], mask[:, -1], mask[-1])
    left, top, right, bottom = (1 - float(side.mean()) for side in sides)
    return left, top, right, bottom
