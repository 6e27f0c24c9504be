"""Mirrored pairs: half of the training pictures are seen as in a mirror (not in the paper)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sharp_core.scene.cameras import Camera
from sharp_core.scene.posed_picture import PosedPicture

_MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])  # the world seen in a mirror across x


def mirrored(picture: PosedPicture) -> PosedPicture:
    """Return the picture that the same camera takes of the world mirrored across x.

    Pictures of one place stay consistent if all of them are mirrored.
    """
    camera = picture.camera
    seen = replace(camera.intrinsics, cx=camera.intrinsics.width - camera.intrinsics.cx)
    depth = picture.depth_m
    return PosedPicture(
        np.ascontiguousarray(picture.image[:, ::-1]),
        Camera(seen, _MIRROR @ camera.viewmat @ _MIRROR),
        None if depth is None else np.ascontiguousarray(depth[:, ::-1]),
    )


def is_mirrored(share: float, seed: int, number: int) -> bool:
    """Tell whether sample `number` is mirrored, which is so for this share of all."""
    return bool(np.random.default_rng((seed, number, 2)).random() < share)
