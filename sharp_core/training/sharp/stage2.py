"""Stage 2, self-supervision: the model's own novel view of a photo in, the photo out.

A teacher, which is the trained model and never changes, makes a scene of a real photo and renders
it from elsewhere. The student sees that rendering and has to predict the real photo, so it learns
to answer rendering artefacts with a real picture (arXiv 2512.10685, section 3.3). Where the camera
goes and what takes the place of the true depth is not in the paper; see `PseudoViewSettings`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every torch program uses

from sharp_core.models.sharp.network.model import SharpNetwork
from sharp_core.scene.cameras import Camera, eye_viewmat
from sharp_core.scene.colors import linear_to_srgb
from sharp_core.scene.gaussians import Gaussians
from sharp_core.training.rendering.api import render_views
from sharp_core.training.rendering.ndc import ndc_camera, ndc_scene
from sharp_core.training.sharp.prepare import (
    NetworkInput,
    PreparedPair,
    PreparedPhoto,
    TrueView,
    resized_depth,
)
from sharp_core.training.sharp.settings import PseudoViewSettings
from sharp_core.views.trajectories import FORWARD_SHARE, Motion, motion_of


@dataclass(frozen=True, slots=True)
class Teacher:
    """Makes the pairs of stage 2."""

    network: SharpNetwork  # frozen
    settings: PseudoViewSettings
    seed: int

    @torch.no_grad()
    def pair(self, photo: PreparedPhoto) -> PreparedPair:
        """Return the pair whose source is a rendered view and whose target is the photo.

        It depends on the teacher, the settings and the photo's number alone.
        """
        stages = self.network.stages(photo.seen.image, photo.seen.disparity_factor)
        scene = ndc_scene(stages.gaussians, 0)
        view = photo.view
        height, width = view.depth.shape
        pseudo = self._pseudo_camera(scene, photo)
        resolution = photo.seen.image.shape[-1]
        # The network sees pictures resized to a square: this one is rendered as such.
        square = Camera(pseudo.intrinsics.resized(resolution, resolution), pseudo.viewmat)
        seen = render_views(scene, [ndc_camera(view.camera, square)])
        image = linear_to_srgb(seen.color[0]).clamp(0.0, 1.0).permute(2, 0, 1)[None]
        covered = seen.alpha[0] >= self.settings.smallest_alpha
        depth = seen.depth[0].where(covered, 0.0)  # (R, R) metres, 0: not known
        return PreparedPair(
            NetworkInput(
                image,
                photo.seen.disparity_factor,
                depth[None, None] if self.settings.teacher_depth else None,
            ),
            TrueView(
                F.interpolate(image, (height, width), mode="area")[0],
                pseudo,
                resized_depth(depth, height, width),
            ),
            replace(view, depth=resized_depth(stages.adjusted_depth[0, 0], height, width)),
        )

    def _pseudo_camera(self, scene: Gaussians, photo: PreparedPhoto) -> Camera:
        """Return a camera near the photo that sees no large holes, or the photo's own."""
        rng = np.random.default_rng((self.seed, photo.number, 3))
        motion = motion_of(scene, photo.view.camera.intrinsics)
        camera = photo.view.camera
        for attempt in range(self.settings.tries):
            eye = random_eye(motion, self.settings, rng)
            near = 0.5**attempt
            viewmat = eye_viewmat((eye[0] * near, eye[1] * near, eye[2] * near), motion.target_m)
            moved = Camera(camera.intrinsics, viewmat @ camera.viewmat)
            alpha = render_views(scene, [ndc_camera(camera, moved)]).alpha[0]
            holes = float((alpha < self.settings.smallest_alpha).float().mean())
            if holes <= self.settings.largest_holes:
                return moved
        return camera


def random_eye(
    motion: Motion, settings: PseudoViewSettings, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return where the camera stands, in metres: uniform in a disc across, uniform along z.

    `motion` has the amplitudes of the published previews, which grow with the scene's near depth.
    """
    radius = min(settings.largest_shift_m, settings.lateral_amplitudes * motion.lateral_m)
    near_m = motion.forward_m / FORWARD_SHARE
    forward = min(settings.largest_forward_m, settings.forward_share * near_m)
    angle = rng.uniform(0, 2 * math.pi)
    distance = radius * math.sqrt(rng.uniform())
    z = rng.uniform(-forward, forward)
    return distance * math.cos(angle), distance * math.sin(angle), float(z)
