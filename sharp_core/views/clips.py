"""A scene -> a clip of an eye that moves before it, or a still from any eye.

Colours are blended in linear light and shown in sRGB. Depth is shown in turbo colours, near dark
blue, far dark red, up to the farthest of the first frame or 50 m.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import torch

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
from sharp_core.views.framing import Framing, Window, covered_window, frame_clip
from sharp_core.views.trajectories import Trajectory, loop_eyes, motion_of, viewmats
from sharp_core.views.turbo import turbo

_NEAREST_SHOWN_M, _FARTHEST_SHOWN_M = 1e-3, 50.0


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What is shown, and how large."""

    depth: bool = False  # depth instead of colours
    # Pixels, never above the photo's. Without: what suits the format of a clip, all for a still.
    long_side: int | None = None
    # Magnify until no border of the scene is in sight, and close pinholes. Otherwise the whole
    # picture is shown, with all that is not covered.
    crop: bool = True
    background: Background = BLACK  # linear RGB, where nothing is covered


@dataclass(frozen=True, slots=True)
class ClipSettings(PictureSettings):
    """How the eye moves, and for how long."""

    trajectory: Trajectory = Trajectory.ROTATE_FORWARD
    seconds: float = 2.0
    fps: int | None = None  # None: what suits the format

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and (self.fps is None or self.fps > 0)):
            raise ValueError(f"a clip of {self.seconds} s with {self.fps} frames a second is none")


@dataclass(frozen=True, slots=True)
class StillSettings(PictureSettings):
    """Where the eye is: metres right, down and ahead of the photo's camera."""

    eye: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What was made."""

    width: int
    height: int
    frames: int
    zoom: float  # how much the picture was magnified to hide the scene's borders


def make_clip(
    file: BinaryIO,
    clip_format: ClipFormat,
    gaussians: Gaussians,
    photo: Intrinsics,
    settings: ClipSettings = ClipSettings(),
    renderer: Renderer | None = None,
) -> PictureInfo:
    """Write a clip that plays over and over without a jump.

    With `crop` the eyes move as those of the published tool and look where near and far shift
    alike; without it they look where those do, and the whole photo's frame is shown. A renderer of
    the same scene saves preparing it again. Raises MissingToolError where a package is
    missing, ValueError if nothing lies in front of the camera.
    """
    renderer = renderer or make_renderer(gaussians)
    fps = settings.fps or clip_format.fps
    frames = max(1, round(settings.seconds * fps))
    motion, window = (
        frame_clip(renderer, gaussians, photo, settings.trajectory)
        if settings.crop
        else Framing(motion_of(gaussians, photo), Window())
    )
    eyes = loop_eyes(settings.trajectory, motion, frames)
    seen = window.of(fit_long_side(photo, settings.long_side or clip_format.long_side))
    pictures = _pictures(renderer, seen, viewmats(eyes, motion), settings)
    clip_format.write(file, pictures, fps)
    return PictureInfo(seen.width, seen.height, frames, window.zoom)


def make_still(
    file: BinaryIO,
    gaussians: Gaussians,
    photo: Intrinsics,
    settings: StillSettings = StillSettings(),
    renderer: Renderer | None = None,
) -> PictureInfo:
    """Write a PNG of what an eye sees that looks at the scene's focus; by default the photo's own.

    Raises as `make_clip` does.
    """
    renderer = renderer or make_renderer(gaussians)
    viewmat = eye_viewmat(settings.eye, target_depth(gaussians))
    window = covered_window(renderer, photo, [viewmat]) if settings.crop else Window()
    seen = window.of(fit_long_side(photo, settings.long_side) if settings.long_side else photo)
    (picture,) = _pictures(renderer, seen, [viewmat], settings)
    write_png(file, picture)
    return PictureInfo(seen.width, seen.height, 1, window.zoom)


def _pictures(
    renderer: Renderer,
    seen: Intrinsics,
    viewmats: Sequence[Matrix],
    settings: PictureSettings,
) -> Iterator[Pixels]:
    farthest_m = 0.0
    for viewmat in viewmats:
        result = renderer.render(Camera(seen, viewmat))
        if settings.depth:
            picture, farthest_m = depth_colors(result, farthest_m)
            yield picture
        else:
            yield to_srgb8(_colors(result, settings))


def _colors(result: RenderResult, settings: PictureSettings) -> torch.Tensor:
    if settings.crop:
        return closed_colors(result, settings.background)
    alpha = result.alpha[..., None]
    return result.color_linear + (1 - alpha) * alpha.new_tensor(settings.background)


def closed_colors(result: RenderResult, background: Background = BLACK) -> torch.Tensor:
    """Return what is shown of a view on black where borders are out of sight, (H, W, 3), linear.

    The scene's own colour closes what it covers in part: the mean of what is there, without the
    black behind it. Any Gaussian that counts leaves an alpha above zero.
    """
    alpha = result.alpha[..., None]
    return torch.where(alpha > 0, result.color_linear / alpha, alpha.new_tensor(background))


def depth_colors(result: RenderResult, farthest_m: float = 0.0) -> tuple[Pixels, float]:
    """Return depth in turbo colours up to `farthest_m`, and that: of the view itself if not set."""
    farthest_m = farthest_m or min(float(result.depth.max()), _FARTHEST_SHOWN_M)
    covered = torch.where(result.alpha > 0, result.depth, farthest_m)
    return turbo(covered / max(farthest_m, _NEAREST_SHOWN_M)), farthest_m
