"""A scene -> what two eyes see of it, comfortably and without the scene's borders.

Both eyes are rendered once, as parallel cameras with some columns to spare at the sides. Spatial
photos take the middle of that and say by how much it is to be shifted on display; flat formats take
the columns that are shifted so, a whole number of them, and thus the same pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sharp_core.render.api import Renderer
from sharp_core.render.result import RenderResult, to_srgb8
from sharp_core.scene.cameras import Camera, Intrinsics, fit_long_side
from sharp_core.views.clips import closed_colors
from sharp_core.views.comfort import (
    ComfortSettings,
    DepthRange,
    comfortable_baseline,
    middle_adjustment,
    window_adjustment,
)
from sharp_core.views.framing import Window, centred_window, covered, is_full_frame, measured_view
from sharp_core.views.stereo import StereoRig, stereo_pair, view_aside

Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB

_NEAR_QUANTILE, _FAR_QUANTILE = 0.02, 0.98  # of the pixels: what is nearer or farther are specks


@dataclass(frozen=True, slots=True)
class StereoPlan:
    """How the eyes of one scene look at it. `view` is what either shows, if it stands in front."""

    view: Intrinsics
    depth: DepthRange
    baseline_m: float
    zoom: float  # how much the picture was magnified to hide the scene's borders
    window_px: int  # by which each eye is shifted, so that all lies behind the screen
    middle_px: int  # and so that half of it does

    @property
    def focal_share(self) -> float:
        """The focal length as a share of the width."""
        return self.view.fx / self.view.width

    @property
    def adjustment(self) -> float:
        """The shift of both eyes together behind a window, as a share of the width."""
        return 2 * self.window_px / self.view.width

    def screen_m(self, shift_px: int) -> float:
        """Return the distance that lies on the screen where each eye is shifted so."""
        return self.view.fx * self.baseline_m / (2 * shift_px) if shift_px else math.inf


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """What both eyes see, with `spare` columns more at either side than are shown."""

    plan: StereoPlan
    spare: int
    wide: tuple[Pixels, Pixels]

    def parallel(self) -> tuple[Pixels, Pixels]:
        """Return left and right as parallel cameras see them, both centred."""
        return self.shifted(0)

    def shifted(self, shift_px: int) -> tuple[Pixels, Pixels]:
        """Return left and right with what they show moved outwards by `shift_px` each."""
        starts = self.spare + shift_px, self.spare - shift_px
        width = self.plan.view.width
        left, right = (
            np.ascontiguousarray(eye[:, start : start + width])
            for eye, start in zip(self.wide, starts, strict=True)
        )
        return left, right


def plan_stereo(
    renderer: Renderer, photo: Intrinsics, long_side: int, settings: ComfortSettings
) -> StereoPlan:
    """Return how a scene is shown to two eyes, in pictures of at most `long_side` pixels.

    Raises ValueError if nothing lies in front of the camera.
    """
    seen = measured_view(photo)
    front = renderer.render(Camera(seen, np.eye(4)))
    depth = _depth_range(front)
    focal = photo.fx / photo.width
    baseline = comfortable_baseline(focal, depth, settings)
    window = Window()
    if is_full_frame(front):
        adjustment = window_adjustment(focal, baseline, depth, settings)
        window = _window(renderer, seen, baseline, adjustment)
        # Magnified, things shift by more.
        baseline = comfortable_baseline(focal * window.zoom, depth, settings)
    view = window.of(fit_long_side(photo, long_side))
    focal = view.fx / view.width
    window_px, middle_px = (
        round(adjustment(focal, baseline, depth, settings) * view.width / 2)
        for adjustment in (window_adjustment, middle_adjustment)
    )
    return StereoPlan(view, depth, baseline, window.zoom, window_px, middle_px)


def render_eyes(renderer: Renderer, plan: StereoPlan) -> Eyes:
    """Render both eyes."""
    spare = max(plan.window_px, plan.middle_px)
    pair = stereo_pair(_widened(plan.view, spare), StereoRig(1000 * plan.baseline_m))
    left, right = (_picture(renderer, camera) for camera in pair)
    return Eyes(plan, spare, (left, right))


def render_wiggle(renderer: Renderer, plan: StereoPlan, views: int) -> list[Pixels]:
    """Render views from left to right and back, without repeating the first or the last.

    What lies in the middle of the scene's depth stays where it is.
    """
    screen_m = plan.screen_m(plan.middle_px)
    places = np.linspace(-plan.baseline_m / 2, plan.baseline_m / 2, views)
    pictures = [_picture(renderer, view_aside(plan.view, float(x), screen_m)) for x in places]
    return pictures + pictures[-2:0:-1]


def _picture(renderer: Renderer, camera: Camera) -> Pixels:
    return to_srgb8(closed_colors(renderer.render(camera)))


def _depth_range(front: RenderResult) -> DepthRange:
    shown = covered(front)
    if not shown.any():  # a scene that is thin all over
        shown = (front.alpha > 0).cpu().numpy()
    depth = front.depth.detach().cpu().numpy()[shown]
    if depth.size == 0:
        raise ValueError("no Gaussian lies in front of the camera")
    near, far = np.quantile(depth, (_NEAR_QUANTILE, _FAR_QUANTILE))
    return DepthRange(float(near), float(far))


def _window(renderer: Renderer, seen: Intrinsics, baseline_m: float, adjustment: float) -> Window:
    """Return what is covered in both eyes, whether they are shifted or not."""
    shift = math.ceil(adjustment * seen.width / 2)
    pair = stereo_pair(_widened(seen, shift), StereoRig(1000 * baseline_m))
    masks: list[npt.NDArray[np.bool_]] = []
    for camera, start in zip(pair, (2 * shift, 0), strict=True):
        mask = covered(renderer.render(camera))
        masks += _columns(mask, (shift, start), seen.width)
    return centred_window(masks)


def _columns(
    mask: npt.NDArray[np.bool_], starts: Sequence[int], width: int
) -> list[npt.NDArray[np.bool_]]:
    return [mask[:, start : start + width] for start in starts]


def _widened(view: Intrinsics, columns: int) -> Intrinsics:
    """Return the view with more columns at either side."""
    return replace(view, cx=view.cx + columns, width=view.width + 2 * columns)
