"""Render a scene for two eyes: comfortable disparity, and no visible borders of the scene.

In: a renderer, the intrinsics of the photo and comfort settings. Out: two 8-bit sRGB images.
Both eyes are rendered once, as parallel cameras with some extra columns at the sides. A spatial
photo takes the middle columns and stores the shift for the display. Flat formats take shifted
columns, by whole pixels, so that both have the same pixels.
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
from sharp_core.views.clips import fill_partial_coverage
from sharp_core.views.comfort import (
    ComfortSettings,
    DepthRange,
    adjustment_behind_screen,
    adjustment_centered,
    comfortable_baseline,
)
from sharp_core.views.framing import (
    CropWindow,
    centered_crop,
    coverage_mask,
    coverage_view,
    is_full_frame,
)
from sharp_core.views.stereo import StereoRig, stereo_pair, view_aside

Pixels = npt.NDArray[np.uint8]  # (height, width, 3) sRGB

_NEAR_QUANTILE, _FAR_QUANTILE = 0.02, 0.98  # of the depth of all pixels; the rest are outliers


@dataclass(frozen=True, slots=True)
class StereoPlan:
    """The stereo geometry of one scene. `view` is the cropped view from the photo's camera."""

    view: Intrinsics
    depth: DepthRange
    baseline_m: float
    zoom: float  # magnification of the crop that hides the borders of the scene
    behind_px: int  # shift of each eye that places the whole scene behind the screen
    centered_px: int  # shift of each eye that places half of the disparity behind the screen

    @property
    def focal_share(self) -> float:
        """The focal length as a share of the image width."""
        return self.view.fx / self.view.width

    @property
    def adjustment(self) -> float:
        """The disparity adjustment behind the screen, as a share of the image width."""
        return 2 * self.behind_px / self.view.width

    def screen_m(self, shift_px: int) -> float:
        """Return the zero-parallax distance in metres if each eye is shifted by `shift_px`."""
        return self.view.fx * self.baseline_m / (2 * shift_px) if shift_px else math.inf


@dataclass(frozen=True, slots=True, eq=False)
class StereoImages:
    """The images of both eyes, with `spare` extra columns at either side."""

    plan: StereoPlan
    spare: int
    wide: tuple[Pixels, Pixels]

    def parallel(self) -> tuple[Pixels, Pixels]:
        """Return left and right of the parallel rig, without a shift."""
        return self.shifted(0)

    def shifted(self, shift_px: int) -> tuple[Pixels, Pixels]:
        """Return left and right, with the content of each moved outwards by `shift_px`."""
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
    """Return the stereo geometry of a scene, for images of at most `long_side` pixels.

    Raises ValueError if nothing lies in front of the camera.
    """
    low_res = coverage_view(photo)
    front = renderer.render(Camera(low_res, np.eye(4)))
    depth = depth_range(front)
    focal = photo.fx / photo.width
    baseline = comfortable_baseline(focal, depth, settings)
    crop = CropWindow()
    if is_full_frame(front):
        adjustment = adjustment_behind_screen(focal, baseline, depth, settings)
        crop = _stereo_crop(renderer, low_res, baseline, adjustment)
        # The crop magnifies the disparity too.
        baseline = comfortable_baseline(focal * crop.zoom, depth, settings)
    view = crop.of(fit_long_side(photo, long_side))
    focal = view.fx / view.width
    behind_px, centered_px = (
        round(adjustment(focal, baseline, depth, settings) * view.width / 2)
        for adjustment in (adjustment_behind_screen, adjustment_centered)
    )
    return StereoPlan(view, depth, baseline, crop.zoom, behind_px, centered_px)


def render_stereo(renderer: Renderer, plan: StereoPlan) -> StereoImages:
    """Render both eyes."""
    spare = max(plan.behind_px, plan.centered_px)
    pair = stereo_pair(_widened(plan.view, spare), StereoRig(1000 * plan.baseline_m))
    left, right = (render_srgb(renderer, camera) for camera in pair)
    return StereoImages(plan, spare, (left, right))


def render_wiggle(renderer: Renderer, plan: StereoPlan, views: int) -> list[Pixels]:
    """Render views from left to right and back, without repeating the first or the last.

    Points in the middle of the depth range keep their pixel.
    """
    screen_m = plan.screen_m(plan.centered_px)
    offsets = np.linspace(-plan.baseline_m / 2, plan.baseline_m / 2, views)
    images = [render_srgb(renderer, view_aside(plan.view, float(x), screen_m)) for x in offsets]
    return images + images[-2:0:-1]


def render_srgb(renderer: Renderer, camera: Camera) -> Pixels:
    """Return one view as 8-bit sRGB, without the black behind partly covered pixels."""
    return to_srgb8(fill_partial_coverage(renderer.render(camera)))


def depth_range(front: RenderResult) -> DepthRange:
    """Return the range of depth of a view, without outliers. Raises ValueError if it is empty."""
    shown = coverage_mask(front)
    if not shown.any():  # the whole scene is translucent
        shown = (front.alpha > 0).cpu().numpy()
    depth = front.depth.detach().cpu().numpy()[shown]
    if depth.size == 0:
        raise ValueError("no Gaussian lies in front of the camera")
    near, far = np.quantile(depth, (_NEAR_QUANTILE, _FAR_QUANTILE))
    return DepthRange(float(near), float(far))


def _stereo_crop(
    renderer: Renderer, low_res: Intrinsics, baseline_m: float, adjustment: float
) -> CropWindow:
    """Return the crop that is covered in both eyes, with and without the shift."""
    shift = math.ceil(adjustment * low_res.width / 2)
    pair = stereo_pair(_widened(low_res, shift), StereoRig(1000 * baseline_m))
    masks: list[npt.NDArray[np.bool_]] = []
    for camera, start in zip(pair, (2 * shift, 0), strict=True):
        mask = coverage_mask(renderer.render(camera))
        masks += _columns(mask, (shift, start), low_res.width)
    return centered_crop(masks)


def _columns(
    mask: npt.NDArray[np.bool_], starts: Sequence[int], width: int
) -> list[npt.NDArray[np.bool_]]:
    return [mask[:, start : start + width] for start in starts]


def _widened(view: Intrinsics, columns: int) -> Intrinsics:
    """Return the view with `columns` extra columns at either side."""
    return replace(view, cx=view.cx + columns, width=view.width + 2 * columns)
