"""Random scenes with a camera, from a seed: the entrance to this package."""

import numpy as np
from numpy.random import Generator

from sharp_core.training.procedural.builder import SceneBuilder, point
from sharp_core.training.procedural.camera import (
    Array,
    ProceduralCamera,
    intrinsics_from_focal,
    look,
)
from sharp_core.training.procedural.place import Place
from sharp_core.training.procedural.places import PLACES
from sharp_core.training.procedural.textures import TextureSource


def random_place(rng: Generator, textures: TextureSource, kind: str | None = None) -> Place:
    """Return a random scene; `kind` is a key of `places.PLACES`, drawn if None.

    The same state of `rng` and the same textures give the same scene.
    """
    if kind is None:
        names = list(PLACES)
        weights = np.array([PLACES[name][1] for name in names])
        kind = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    elif kind not in PLACES:
        raise ValueError(f"kind of scene: expected one of {', '.join(PLACES)}, found {kind!r}")
    return PLACES[kind][0](SceneBuilder(rng, textures))


def random_camera(place: Place, height: int, width: int, rng: Generator) -> ProceduralCamera:
    """Return a camera in a scene, as a person would hold it; `height` and `width` in pixels."""
    field_of_view = float(np.radians(rng.uniform(32.0, 78.0)))  # of the longer side
    focal = max(width, height) / 2 / np.tan(field_of_view / 2)
    position = point(float(rng.normal(0, 0.05)), -place.eye_height, float(rng.normal(0, 0.05)))
    yaw, pitch = float(rng.normal(0, 0.15)), place.pitch + float(rng.normal(0, 0.08))
    roll = float(rng.normal(0, 0.04))
    intrinsics = intrinsics_from_focal(float(focal), width, height)
    return ProceduralCamera(intrinsics, look(position, yaw, pitch, roll), width, height)


def moved(camera: ProceduralCamera, shift: Array) -> ProceduralCamera:
    """Return the camera moved by `shift` (3,) metres along its own axes: x right, y down, z on."""
    viewmat = camera.viewmat.copy()
    viewmat[:3, 3] -= np.asarray(shift, np.float32)
    return ProceduralCamera(camera.intrinsics, viewmat, camera.width, camera.height)
