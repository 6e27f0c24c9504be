"""Procedural scenes for stage 1: eleven views of each, with exact depth, made when asked for.

As the paper describes its synthetic data, a camera is surrounded by a ring of ten cameras on
concentric circles, none more than 0.6 m from another. Radii, steps forward and the choice of a
pair are not in the paper. The ring is smaller where things are near, and all of its cameras look at
what the middle of the central picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from schemas.errors import UsageError
from sharp_core.scene.cameras import Camera, Intrinsics, Matrix, eye_viewmat
from sharp_core.scene.posed_picture import PosedPicture
from sharp_core.training.procedural.camera import Array, ProceduralCamera
from sharp_core.training.procedural.generate import random_camera, random_place
from sharp_core.training.procedural.place import Place
from sharp_core.training.procedural.textures import TextureSource
from sharp_core.training.procedural.tracer import render
from sharp_core.training.sharp.sources import HELD_OUT, TrainingPair

VIEWS = 11  # the centre, then the ring
MOST_APART_M = 0.6

# With steps of 0.1 m forward or back, cameras on opposite sides are 0.59 m apart.
_RADIUS_M, _FORWARD_M = 0.277, 0.1
_CIRCLES = (0.4, 0.7, 1.0)  # shares of the radius
# The ring's radius and steps are at most this share of the nearest depth: as far as a person would
# move to look around a thing.
_SHARE_OF_NEAR, _NEAR_QUANTILE = 0.25, 0.01
_PROBE_PX = 48  # long side of the picture that tells how near things are
_FOCUS_M = (0.3, 20.0)

_ASPECTS = ((1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (16, 9), (9, 16))
_SUPERSAMPLE = 2
_STREAM = 3  # seeds with these numbers are of no other generator of the project


@dataclass(frozen=True)
class ProceduralViews:
    """Any number of scenes. A view depends on these settings and on its two numbers alone."""

    side: int = 512  # px, the long side
    seed: int = 0
    textures: TextureSource = field(default_factory=TextureSource)

    def view(self, scene: int, number: int) -> PosedPicture:
        """Return a view of a scene: 0 is the centre, 1 to 10 are the ring.

        The world's frame is that of the centre.
        """
        return self.views(scene, (number,))[0]

    def views(self, scene: int, numbers: tuple[int, ...]) -> list[PosedPicture]:
        """Return several views of one scene; this makes the scene once."""
        rng = np.random.default_rng((self.seed, _STREAM, scene))
        place = random_place(rng, self.textures)
        width, height = _size(self.side, _ASPECTS[int(rng.integers(len(_ASPECTS)))])
        center = random_camera(place, height, width, rng)
        ring = ring_viewmats(place, center, rng)
        return [_picture(place, center, ring[number]) for number in numbers]


@dataclass(frozen=True)
class ProceduralPairs:
    """Pairs of two different views of a procedural scene, each equally likely."""

    views: ProceduralViews = field(default_factory=ProceduralViews)
    scenes: int | None = None  # how many are trained on; None: a new one for each pair

    def check(self) -> None:
        """Raise UsageError for settings without any scene."""
        if self.scenes is not None and self.scenes < 1:
            raise UsageError(f"procedural scenes: expected at least 1, found {self.scenes}")

    def pair(self, number: int) -> TrainingPair:
        """Return pair `number`."""
        rng = np.random.default_rng((self.views.seed, _STREAM, 0, number))
        source, target = rng.choice(VIEWS, 2, replace=False).tolist()
        scene = number
        if self.scenes is not None and number < HELD_OUT:
            scene %= self.scenes
        return TrainingPair(*self.views.views(scene, (source, target)))


def ring_viewmats(place: Place, center: ProceduralCamera, rng: Generator) -> list[Matrix]:
    """Return (4, 4) matrices from the frame of `center` to that of each of the eleven cameras."""
    near, focus = _near_and_focus(place, center)
    radius = min(_RADIUS_M, _SHARE_OF_NEAR * near)
    forward = min(_FORWARD_M, _SHARE_OF_NEAR * near)
    viewmats = [np.eye(4)]
    first = float(rng.uniform(0, 2 * np.pi))
    for i in range(VIEWS - 1):
        angle = first + 2 * np.pi * (i + float(rng.uniform(-0.3, 0.3))) / (VIEWS - 1)
        around = radius * _CIRCLES[i % len(_CIRCLES)]
        eye = (
            around * float(np.cos(angle)),
            around * float(np.sin(angle)),
            forward * float(rng.uniform(-1, 1)),
        )
        viewmats.append(eye_viewmat(eye, focus))
    return viewmats


def _near_and_focus(place: Place, center: ProceduralCamera) -> tuple[float, float]:
    """Return the depth in metres of the nearest things, and of the middle of the picture."""
    small = center.resized(_PROBE_PX / max(center.width, center.height))
    depth = render(place.scene, small).depth
    known = depth[np.isfinite(depth)]
    if known.size == 0:
        return _FOCUS_M[1], _FOCUS_M[1]
    rows, columns = depth.shape
    middle = depth[rows // 3 : -(rows // 3), columns // 3 : -(columns // 3)]
    focus = float(np.clip(np.median(middle), *_FOCUS_M))  # the sky is infinitely far
    return float(np.quantile(known, _NEAR_QUANTILE)), focus


def _picture(place: Place, center: ProceduralCamera, viewmat: Matrix) -> PosedPicture:
    camera = ProceduralCamera(
        center.intrinsics,
        np.asarray(viewmat @ center.viewmat, np.float32),
        center.width,
        center.height,
    )
    seen = render(place.scene, camera, _SUPERSAMPLE)
    (fx, _, cx), (_, fy, cy), _ = center.intrinsics.tolist()
    intrinsics = Intrinsics(fx, fy, cx, cy, center.width, center.height)
    return PosedPicture(_bytes(seen.rgb), Camera(intrinsics, viewmat), seen.depth)


def _bytes(rgb: Array) -> np.ndarray:
    return np.rint(rgb * 255).astype(np.uint8)


def _size(side: int, aspect: tuple[int, int]) -> tuple[int, int]:
    """Return width and height in pixels, both even."""
    longest = max(aspect)
    width, height = (max(2, 2 * round(side * part / longest / 2)) for part in aspect)
    return width, height
