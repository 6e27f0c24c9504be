"""One scene against one target picture: rendered, compared, with its scale as it is and aligned."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sharp_core.evaluation.alignment import (
    Fit,
    fit_shift,
    predicted_depth,
    scale_from_depth,
    scale_from_matches,
)
from sharp_core.evaluation.metrics.entry import Compare
from sharp_core.evaluation.sample import Target
from sharp_core.evaluation.stereo_matching import match
from sharp_core.evaluation.target_view import distance_m, moved, target_camera
from sharp_core.render.api import Renderer
from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import Depth, Pixels, PosedPicture

# Of matched disparities: one that stands for the background.
_FAR_PERCENTILE = 5


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A rendered target picture and its metrics."""

    fit: Fit
    image: Pixels
    values: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What was found of one pair."""

    target: Pixels  # the part that is compared
    plain: View
    aligned: View | None  # None where no true depth gives a scale
    distance_m: float  # between the cameras
    render_seconds: float  # of one view
    notes: tuple[str, ...] = ()


class _Placement(NamedTuple):
    """How the scene is put before the target's camera, and what part of its picture counts."""

    plain: Fit
    aligned: Fit | None
    rows: slice = slice(None)
    columns: slice = slice(None)
    notes: tuple[str, ...] = ()


class Judge:
    """Compares one scene with the targets of its source picture."""

    def __init__(
        self, renderer: Renderer, source: PosedPicture, metrics: Mapping[str, Compare]
    ) -> None:
        self._renderer = renderer
        self._source = source
        self._metrics = metrics
        self._depth: Depth | None = None

    def judge(self, target: Target) -> Judgement:
        """Render and compare. Raises ValueError where the pair cannot be compared."""
        place = self._place(target)
        picture = target.picture
        truth = picture.image[place.rows, place.columns]
        started = time.perf_counter()
        rendered = self._render(picture, place.plain)
        seconds = time.perf_counter() - started
        plain = self._compared(rendered[place.rows, place.columns], truth, place.plain)
        aligned = None
        if place.aligned is not None:
            rendered = self._render(picture, place.aligned)
            aligned = self._compared(rendered[place.rows, place.columns], truth, place.aligned)
        metres = distance_m(self._source.camera, picture.camera)
        return Judgement(truth, plain, aligned, metres, seconds, place.notes)

    def _render(self, target: PosedPicture, fit: Fit) -> Pixels:
        camera = target_camera(self._source.camera, target.camera, fit.scale)
        return self._renderer.render(moved(camera, fit.shift_px, fit.rise_px)).srgb8()

    def _compared(self, image: Pixels, truth: Pixels, fit: Fit) -> View:
        return View(
            fit, image, {name: compare(image, truth) for name, compare in self._metrics.items()}
        )

    def _place(self, target: Target) -> _Placement:
        depth = self._predicted()
        if self._source.depth_m is not None:
            return _Placement(Fit(), _scaled(scale_from_depth(depth, self._source.depth_m)))
        if not target.is_placed:
            return self._fitted(depth, target)
        if not is_side_by_side(self._source.camera, target.picture.camera):
            return _Placement(Fit(), None)
        try:
            matches = match(self._source.image, target.picture.image)
        except ValueError as error:
            return _Placement(Fit(), None, notes=(f"no aligned scale: {error}",))
        cameras = self._source.camera, target.picture.camera
        return _Placement(Fit(), _scaled(scale_from_matches(depth, matches, *cameras)))

    def _fitted(self, depth: Depth, target: Target) -> _Placement:
        """Return the placement of a target whose picture is shifted by an unknown amount.

        Of such a picture the strip counts that the source shows too, at the background's disparity.
        """
        matches = match(self._source.image, target.picture.image)
        plain, aligned = fit_shift(depth, matches, self._source.camera, target.picture.camera)
        height, width = target.picture.image.shape[:2]
        far = float(np.percentile(matches.disparity, _FAR_PERCENTILE))
        return _Placement(
            plain,
            aligned,
            rows=_common(height, matches.rise),
            columns=_common(width, -far),
            notes=("the shift between the eyes is fitted, and what it leaves empty is cut off",),
        )

    def _predicted(self) -> Depth:
        if self._depth is None:
            self._depth = predicted_depth(self._renderer, self._source.camera)
        return self._depth


def _scaled(scale: float | None) -> Fit | None:
    return None if scale is None else Fit(scale)


def _common(size: int, shift: float) -> slice:
    """Return what two pictures share, one of which is shifted by so many pixels."""
    pixels = math.ceil(abs(shift))
    return slice(pixels, size) if shift > 0 else slice(0, size - pixels)


def is_side_by_side(source: Camera, target: Camera) -> bool:
    """Tell whether two cameras are parallel and differ by a step to the side alone."""
    relative = target.viewmat @ np.linalg.inv(source.viewmat)
    aside = abs(relative[0, 3])
    return bool(
        np.allclose(relative[:3, :3], np.eye(3), atol=1e-4)
        and aside > 0
        and np.abs(relative[1:3, 3]).max() <= 0.01 * aside
    )
