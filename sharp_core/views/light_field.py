"""A light field: views of a scene along a horizontal line, for displays and prints with lenses.

In: a renderer and the Gaussians of a scene, the intrinsics of the photo and the shape of the views.
Out: 8-bit sRGB images from left to right. All cameras look straight ahead and are shifted so that
the focus plane keeps its place: it appears on the surface of the display (see `stereo`). They stay
in the head box, the volume of the published trajectories.

Objects off the focus plane are sharp only if they move little between neighbouring views. Within
one pixel nothing is lost (J.-X. Chai et al., "Plenoptic sampling", SIGGRAPH 2000); so near and far
together may move two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sharp_core.render.api import Renderer
from sharp_core.scene.cameras import Camera, Intrinsics, target_depth
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.comfort import DepthRange
from sharp_core.views.framing import (
    MOST_ZOOM,
    CropWindow,
    centered_crop,
    coverage_mask,
    coverage_view,
    is_full_frame,
)
from sharp_core.views.stereo import view_aside
from sharp_core.views.stereo_images import Pixels, depth_range, render_srgb
from sharp_core.views.trajectories import motion_of

# Pixels that near and far move apart from one view to the next.
MOST_STEP_PX = 2.0
_CORRECTIONS = 3  # ragged borders need the second and third


class ViewShape(NamedTuple):
    """Number and size of the views. `aspect` is how wide they appear; pixels need not be square."""

    views: int
    width: int
    height: int
    aspect: float


@dataclass(frozen=True, slots=True)
class LightFieldPlan:
    """The cameras of a light field. `view` is the one in the middle."""

    view: Intrinsics
    views: int
    sweep_m: float  # from the first camera to the last
    focus_m: float  # the distance that appears on the surface
    depth: DepthRange
    zoom: float  # magnification of the crop that hides the borders of the scene

    def cameras(self) -> list[Camera]:
        """Return the cameras from left to right."""
        offsets = np.linspace(-self.sweep_m / 2, self.sweep_m / 2, self.views)
        return [view_aside(self.view, float(x), self.focus_m) for x in offsets]

    def facts(self) -> dict[str, float]:
        """Return what was decided for the scene, rounded for people."""
        return {
            "sweep_mm": round(1000 * self.sweep_m, 3),
            "focus_m": round(self.focus_m, 3),
            "near_m": round(self.depth.near_m, 3),
            "far_m": round(self.depth.far_m, 3),
            "zoom": round(self.zoom, 4),
        }


def plan_light_field(
    renderer: Renderer,
    gaussians: Gaussians,
    photo: Intrinsics,
    shape: ViewShape,
    focus_m: float | None = None,
) -> LightFieldPlan:
    """Return the cameras of a light field of at least two views.

    The middle of the photo is shown, as much of it as the shape holds. `focus_m` is the distance
    of the focus plane; None: the focus depth of the scene, or the middle of its disparities if
    that is nearer. Raises ValueError if nothing lies in front of the camera.
    """
    if shape.views < 2:
        raise ValueError(f"a light field of {shape.views} views: expected two or more")
    framed = crop_to_aspect(photo, shape.aspect)
    low_res = coverage_view(framed)
    front = renderer.render(Camera(low_res, np.eye(4)))
    depth = depth_range(front)
    middle_m = 2 / (1 / depth.near_m + 1 / depth.far_m)
    focus_m = focus_m or max(depth.near_m, min(target_depth(gaussians), middle_m))
    head_box_m = 2 * motion_of(gaussians, photo).lateral_m
    focal_px = framed.resized(shape.width, shape.height).fx
    plan = LightFieldPlan(low_res, shape.views, head_box_m, focus_m, depth, 1.0)
    plan = _covered(renderer, plan, focal_px) if is_full_frame(front) else _sharp(plan, focal_px)
    view = plan.view.resized(shape.width, shape.height)
    return replace(plan, view=view)


def render_light_field(renderer: Renderer, plan: LightFieldPlan) -> Iterator[Pixels]:
    """Yield the images from left to right."""
    for camera in plan.cameras():
        yield render_srgb(renderer, camera)


def crop_to_aspect(photo: Intrinsics, aspect: float) -> Intrinsics:
    """Return the largest view in the middle of the photo with this width over height."""
    width = min(photo.width, max(1, round(photo.height * aspect)))
    height = min(photo.height, max(1, round(photo.width / aspect)))
    left, top = (photo.width - width) / 2, (photo.height - height) / 2
    return replace(photo, cx=photo.cx - left, cy=photo.cy - top, width=width, height=height)


def _covered(renderer: Renderer, plan: LightFieldPlan, focal_px: float) -> LightFieldPlan:
    """Return the plan with the crop that hides the borders of the scene.

    The sweep is reduced where the crop would lose too much of the photo.
    """
    plan = _sharp(plan, focal_px)
    crop = _crop(renderer, plan)
    for _ in range(_CORRECTIONS):
        if crop.zoom <= MOST_ZOOM:
            break
        share = (1 - 1 / MOST_ZOOM) / (1 - 1 / crop.zoom)
        plan = replace(plan, sweep_m=plan.sweep_m * share)
        crop = _crop(renderer, plan)
    # The crop magnifies what moves.
    plan = _sharp(plan, focal_px * crop.zoom)
    return replace(plan, view=crop.of(plan.view), zoom=crop.zoom)


def _crop(renderer: Renderer, plan: LightFieldPlan) -> CropWindow:
    outermost = (plan.cameras()[0], plan.cameras()[-1])
    return centered_crop([coverage_mask(renderer.render(camera)) for camera in outermost])


def _sharp(plan: LightFieldPlan, focal_px: float) -> LightFieldPlan:
    """Return the plan with a sweep in which nothing moves too far from one view to the next."""
    span = 1 / plan.depth.near_m - 1 / plan.depth.far_m
    if span <= 0:
        return plan
    most_m = MOST_STEP_PX * (plan.views - 1) / (focal_px * span)
    return replace(plan, sweep_m=min(plan.sweep_m, most_m))
