"""Scenes with at most a given number of Gaussians, and what that loses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pipeline.scenes.read import UNKNOWN_PHOTO, intrinsics_of, unviewable_scene_errors
from schemas.outcomes import SceneReduced
from sharp_core.budget.reduce import reduce_to
from sharp_core.formats.scene import SceneInfo
from sharp_core.scene.gaussians import Gaussians


class ReducedGaussians(NamedTuple):
    """A scene whose Gaussians were merged."""

    gaussians: Gaussians
    loss: SceneReduced


def reduce_scene(
    gaussians: Gaussians,
    info: SceneInfo | None,
    most: int,
    threads: int | None = None,
    file: Path | None = None,
) -> ReducedGaussians | None:
    """Return the scene with at most `most` Gaussians; None if it has no more already.

    Without `info`, views are those of a camera at the origin with a field of view of 60 degrees.
    Raises PhotoError, which names `file`, if no view shows anything, and MissingToolError without
    numba.
    """
    info = info or UNKNOWN_PHOTO
    with unviewable_scene_errors(file):
        reduced = reduce_to(
            gaussians, intrinsics_of(info), most, is_360=info.is_360, threads=threads
        )
    if reduced is None:
        return None
    count = len(reduced.gaussians)
    decibels = round(reduced.eye_db, 2), round(reduced.aside_db, 2)
    return ReducedGaussians(reduced.gaussians, SceneReduced(count, len(gaussians), *decibels))
