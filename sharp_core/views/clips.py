"""Render a scene to a clip of a moving camera, or to a still image from any camera position.

In: Gaussians in metres and the intrinsics of the photo. Out: an encoded video or PNG.
Colours are blended in linear light and encoded as sRGB. Depth is shown in turbo colours, from dark
blue (near) to dark red (far). The far end is the largest depth of the first frame, at most 50 m.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import torch

from schemas.choices import Trajectory
from schemas.export_settings import CLIP_SECONDS
from sharp_core.render.api import Renderer, make_renderer
from sharp_core.render.result import BLACK, Background, RenderResult, to_srgb8
from sharp_core.scene.cameras import (
    Camera,
    Intrinsics,
    Matrix,
    eye_viewmat,
    fit_long_side,
    target_depth,
)
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.encode_clip import ClipFormat, Pixels, write_png
from sharp_core.views.framing import ClipFraming, CropWindow, covered_crop, frame_clip
from sharp_core.views.trajectories import loop_path, motion_of, viewmats
from sharp_core.views.turbo import turbo

_NEAREST_SHOWN_M, _FARTHEST_SHOWN_M = 1e-3, 50.0


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """Content and size of the images."""

    depth: bool = False  # depth instead of colours
    # Pixels, at most those of the photo. None: the default of the clip format, or all for a still.
    long_side: int | None = None
    # Crop until no border of the scene is visible, and fill gaps. False shows the whole image with
    # its uncovered parts.
    crop: bool = True
    background: Background = BLACK  # linear RGB of uncovered pixels


@dataclass(frozen=True, slots=True)
class ClipSettings(RenderSettings):
    """Camera path, duration and frame rate. Raises ValueError for invalid numbers."""

    trajectory: Trajectory = Trajectory.ROTATE_FORWARD
    seconds: float = CLIP_SECONDS
    fps: int | None = None  # None: the default of the format

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and (self.fps is None or self.fps > 0)):
            raise ValueError(
                f"clip of {self.seconds} s with {self.fps} frames a second: both must be above zero"
            )


@dataclass(frozen=True, slots=True)
class StillSettings(RenderSettings):
    """Camera position: metres to the right of, below and in front of the photo's camera."""

    eye: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class RenderInfo:
    """Size and length of the written file."""

    width: int
    height: int
    frames: int
    zoom: float  # magnification of the crop that hides the borders of the scene


def make_clip(
    file: BinaryIO,
    clip_format: ClipFormat,
    gaussians: Gaussians,
    photo: Intrinsics,
    settings: ClipSettings = ClipSettings(),
    renderer: Renderer | None = None,
) -> RenderInfo:
    """Write a clip that loops without a jump.

    The camera follows the path of the published tool. With `crop` it looks at the depth that
    balances the parallax of near and far; without `crop` it looks at the published focus depth, and
    the whole frame of the photo is shown. Pass `renderer` if the same scene is already prepared.
    Raises MissingToolError if a package is missing, and ValueError if nothing lies in front
    of the camera.
    """
    renderer = renderer or make_renderer(gaussians)
    fps = settings.fps or clip_format.fps
    frames = max(1, round(settings.seconds * fps))
    motion, crop = (
        frame_clip(renderer, gaussians, photo, settings.trajectory)
        if settings.crop
        else ClipFraming(motion_of(gaussians, photo), CropWindow())
    )
    path = loop_path(settings.trajectory, motion, frames)
    view = crop.of(fit_long_side(photo, settings.long_side or clip_format.long_side))
    images = _render_images(renderer, view, viewmats(path, motion), settings)
    clip_format.write(file, images, fps)
    return RenderInfo(view.width, view.height, frames, crop.zoom)


def make_still(
    file: BinaryIO,
    gaussians: Gaussians,
    photo: Intrinsics,
    settings: StillSettings = StillSettings(),
    renderer: Renderer | None = None,
) -> RenderInfo:
    """Write a PNG of the scene from `settings.eye`, which looks at the focus depth.

    Raises as `make_clip` does.
    """
    renderer = renderer or make_renderer(gaussians)
    viewmat = eye_viewmat(settings.eye, target_depth(gaussians))
    crop = covered_crop(renderer, photo, [viewmat]) if settings.crop else CropWindow()
    view = crop.of(fit_long_side(photo, settings.long_side) if settings.long_side else photo)
    (image,) = _render_images(renderer, view, [viewmat], settings)
    write_png(file, image)
    return RenderInfo(view.width, view.height, 1, crop.zoom)


def _render_images(
    renderer: Renderer,
    view: Intrinsics,
    viewmats: Sequence[Matrix],
    settings: RenderSettings,
) -> Iterator[Pixels]:
    farthest_m = 0.0
    for viewmat in viewmats:
        result = renderer.render(Camera(view, viewmat))
        if settings.depth:
            image, farthest_m = depth_colors(result, farthest_m)
            yield image
        else:
            yield to_srgb8(_colors(result, settings))


def _colors(result: RenderResult, settings: RenderSettings) -> torch.Tensor:
    if settings.crop:
        return fill_partial_coverage(result, settings.background)
    alpha = result.alpha[..., None]
    return result.color_linear + (1 - alpha) * alpha.new_tensor(settings.background)


def fill_partial_coverage(result: RenderResult, background: Background = BLACK) -> torch.Tensor:
    """Return the linear colours (H, W, 3) of a view on black, divided by alpha.

    So a partly covered pixel shows the mean colour of its Gaussians, without the black behind them.
    `background` fills pixels with an alpha of 0.
    """
    alpha = result.alpha[..., None]
    return torch.where(alpha > 0, result.color_linear / alpha, alpha.new_tensor(background))


def depth_colors(result: RenderResult, farthest_m: float = 0.0) -> tuple[Pixels, float]:
    """Return depth in turbo colours, and the depth in metres at the far end of the colours.

    `farthest_m` is that depth; 0 means the largest depth of the view, at most 50 m.
    """
    farthest_m = farthest_m or min(float(result.depth.max()), _FARTHEST_SHOWN_M)
    covered = torch.where(result.alpha > 0, result.depth, farthest_m)
    return turbo(covered / max(farthest_m, _NEAREST_SHOWN_M)), farthest_m
