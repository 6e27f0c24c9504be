"""Stereo clips: both eyes of a camera that moves along a path, without visible borders.

In: a renderer and the Gaussians of a scene, the intrinsics of the photo, a path and comfort
settings. Out: pairs of 8-bit sRGB images. The rules are those of stereo pictures: both eyes look
the same way, and the whole scene stays behind the screen, from wherever the camera is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sharp_core.render.api import Renderer
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix, fit_long_side
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings
from sharp_core.views.comfort import (
    ComfortSettings,
    DepthRange,
    adjustment_behind_screen,
    comfortable_baseline,
)
from sharp_core.views.framing import (
    MOST_ZOOM,
    CropWindow,
    balance_parallax,
    centered_crop,
    coverage_mask,
    coverage_view,
    is_full_frame,
    outermost_viewmats,
)
from sharp_core.views.stereo import StereoPair, StereoRig, stereo_pair
from sharp_core.views.stereo_images import Pixels, depth_range, render_srgb
from sharp_core.views.trajectories import Motion, loop_path, motion_of, viewmats

_CORRECTIONS = 3  # ragged borders need the second and third


@dataclass(frozen=True, slots=True)
class StereoClipPlan:
    """The cameras of a stereo clip. `view` is the one in the middle, cropped."""

    view: Intrinsics
    motion: Motion
    rig: StereoRig
    zoom: float  # magnification of the crop that hides the borders of the scene

    def pair(self, viewmat: Matrix) -> StereoPair:
        """Return the cameras of both eyes where the middle between them has this viewmat."""
        return StereoPair(
            *(
                Camera(camera.intrinsics, camera.viewmat @ viewmat)
                for camera in stereo_pair(self.view, self.rig)
            )
        )

    def facts(self) -> dict[str, float | None]:
        """Return what was decided for the scene, rounded for people."""
        screen_m = self.rig.zero_parallax_m
        return {
            "baseline_mm": round(self.rig.baseline_mm, 3),
            "screen_m": round(screen_m, 3) if math.isfinite(screen_m) else None,
            "zoom": round(self.zoom, 4),
        }


def plan_stereo_clip(
    renderer: Renderer,
    gaussians: Gaussians,
    photo: Intrinsics,
    clip: ClipSettings,
    comfort: ComfortSettings,
) -> StereoClipPlan:
    """Return the cameras of a clip of `clip.long_side` pixels, of each eye.

    The motion is reduced where the crop would lose too much of the photo. Raises ValueError if
    nothing lies in front of the camera.
    """
    low_res = coverage_view(photo)
    front = renderer.render(Camera(low_res, np.eye(4)))
    depth = depth_range(front)
    motion = balance_parallax(motion_of(gaussians, photo), gaussians)
    plan = StereoClipPlan(low_res, motion, _rig(low_res, depth, motion, comfort), 1.0)
    if is_full_frame(front):
        crop = _crop(renderer, plan, clip)
        for _ in range(_CORRECTIONS):
            if crop.zoom <= MOST_ZOOM:
                break
            motion = motion.scaled((1 - 1 / MOST_ZOOM) / (1 - 1 / crop.zoom))
            plan = StereoClipPlan(low_res, motion, _rig(low_res, depth, motion, comfort), 1.0)
            crop = _crop(renderer, plan, clip)
        # The crop magnifies the disparity too.
        view = crop.of(low_res)
        plan = StereoClipPlan(view, motion, _rig(view, depth, motion, comfort), crop.zoom)
    sized = fit_long_side(photo, clip.long_side or max(photo.width, photo.height))
    return replace(plan, view=plan.view.resized(sized.width, sized.height))


def render_stereo_clip(
    renderer: Renderer, plan: StereoClipPlan, clip: ClipSettings, frames: int
) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield left and right of each frame. The clip loops without a jump."""
    path = loop_path(clip.trajectory, plan.motion, frames)
    for viewmat in viewmats(path, plan.motion):
        left, right = (render_srgb(renderer, camera) for camera in plan.pair(viewmat))
        yield left, right


def _rig(
    view: Intrinsics, depth: DepthRange, motion: Motion, comfort: ComfortSettings
) -> StereoRig:
    """Return the rig for the nearest that the moving camera sees."""
    focal_share = view.fx / view.width
    seen = DepthRange(max(depth.near_m - motion.forward_m, depth.near_m / 2), depth.far_m)
    baseline_m = comfortable_baseline(focal_share, seen, comfort)
    adjustment = adjustment_behind_screen(focal_share, baseline_m, seen, comfort)
    screen_m = focal_share * baseline_m / adjustment if adjustment else math.inf
    return StereoRig(1000 * baseline_m, screen_m)


def _crop(renderer: Renderer, plan: StereoClipPlan, clip: ClipSettings) -> CropWindow:
    cameras = [
        camera
        for viewmat in outermost_viewmats(clip.trajectory, plan.motion)
        for camera in plan.pair(viewmat)
    ]
    return centered_crop([coverage_mask(renderer.render(camera)) for camera in cameras])
